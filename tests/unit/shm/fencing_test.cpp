#include "shm/client_table.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

/// A session that was taken over by a later login can no longer append or acknowledge.
namespace belfry::test {
namespace {

using LoginResult = shm::Session::LoginResult;

class Fencing : public SegmentTest {
  protected:
    [[nodiscard]] std::uint64_t cursor() { return shm::cursor_of(segment(), old_.session().row()); }
    [[nodiscard]] std::uint16_t cursor_generation() {
        return shm::unpack_cursor(old_.session().client().cursor.load()).generation;
    }

    Sender old_{segment(), 0, "ann"};
};

TEST_F(Fencing, ASessionThatWasTakenOverAppendsNothing) {
    old_.say("one");
    const Sender later{segment(), 1, "ann"};
    const auto result = old_.append({{2, "two"}, {3, "three"}});
    EXPECT_TRUE(result.fenced);
    EXPECT_EQ(result.decided, 0U);
    EXPECT_EQ(result.last_id, 0U);
    EXPECT_EQ(log().last_id.load(), 1U);
    EXPECT_EQ(old_.session().client().last_seq.load(), 1U);
}

TEST_F(Fencing, ASessionThatWasTakenOverCannotMoveTheCursor) {
    old_.say("one");
    const Sender later{segment(), 1, "ann"};
    EXPECT_FALSE(old_.session().acknowledge(1));
    EXPECT_EQ(cursor(), 0U);
    EXPECT_FALSE(old_.session().is_current());
}

TEST_F(Fencing, TheLaterSessionAppendsAndAcknowledges) {
    Sender later{segment(), 1, "ann"};
    EXPECT_FALSE(later.say("one").fenced);
    EXPECT_TRUE(later.session().is_current());
    EXPECT_TRUE(later.session().acknowledge(1));
    EXPECT_EQ(cursor(), 1U);
}

TEST_F(Fencing, ALoginRaisesTheCursorsGenerationAndKeepsItsId) {
    old_.say("one");
    ASSERT_TRUE(old_.session().acknowledge(1));
    const std::uint16_t before = cursor_generation();
    const Sender later{segment(), 1, "ann"};
    EXPECT_EQ(cursor_generation(), before + 1);
    EXPECT_EQ(cursor(), 1U);
}

TEST_F(Fencing, ALoginReturnsTheSessionThatItHasTakenOver) {
    shm::Session later = claimed_session(segment(), 5);
    shm::Session::Welcome welcome;
    ASSERT_EQ(later.login("ann", welcome), LoginResult::welcome);
    ASSERT_TRUE(welcome.predecessor);
    EXPECT_EQ(welcome.predecessor->slot, 0U);
    EXPECT_EQ(shm::online_slot(segment(), later.row()), 5U);
}

TEST_F(Fencing, ALoginReturnsCursorLastIdAndSeq) {
    old_.append({{7, "one"}, {9, "two"}});
    ASSERT_TRUE(old_.session().acknowledge(1));
    shm::Session later = claimed_session(segment(), 1);
    shm::Session::Welcome welcome;
    ASSERT_EQ(later.login("ann", welcome), LoginResult::welcome);
    EXPECT_EQ(welcome.cursor, 1U);
    EXPECT_EQ(welcome.last, 2U);
    EXPECT_EQ(welcome.seq, 9U);
}

TEST_F(Fencing, ASessionThatHasLeftIsFencedToo) {
    old_.session().leave();
    EXPECT_TRUE(old_.say("late").fenced);
}

TEST_F(Fencing, TheOldSessionLeavingDoesNotEndTheLaterOne) {
    Sender later{segment(), 1, "ann"};
    old_.session().leave();
    EXPECT_TRUE(later.session().is_current());
    EXPECT_EQ(shm::online_slot(segment(), later.session().row()), 1U);
}

TEST_F(Fencing, OtherClientsAreNotAffected) {
    Sender bob{segment(), 1, "bob"};
    EXPECT_FALSE(old_.say("one").fenced);
    EXPECT_FALSE(bob.say("two").fenced);
}

}  // namespace
}  // namespace belfry::test
