#include "shm/client_table.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

class CursorTest : public SegmentTest {
  protected:
    void SetUp() override { ann_.append({{1, "one"}, {2, "two"}, {3, "three"}}); }

    [[nodiscard]] std::uint64_t cursor() { return shm::cursor_of(segment(), ann_.session().row()); }

    Sender ann_{segment(), 0, "ann"};
};

TEST_F(CursorTest, MovesForwards) {
    EXPECT_TRUE(ann_.session().acknowledge(1));
    EXPECT_EQ(cursor(), 1U);
    EXPECT_TRUE(ann_.session().acknowledge(3));
    EXPECT_EQ(cursor(), 3U);
}

TEST_F(CursorTest, NeverMovesBack) {
    EXPECT_TRUE(ann_.session().acknowledge(3));
    EXPECT_TRUE(ann_.session().acknowledge(1));
    EXPECT_TRUE(ann_.session().acknowledge(0));
    EXPECT_EQ(cursor(), 3U);
}

TEST_F(CursorTest, NeverMovesAboveTheVisibleMessages) {
    EXPECT_TRUE(ann_.session().acknowledge(~std::uint64_t{0}));
    EXPECT_EQ(cursor(), 3U);
}

TEST_F(CursorTest, NeverMovesAboveStoredIdWithDurabilityCommit) {
    segment().prefix().durability = static_cast<std::uint32_t>(shm::Durability::commit);
    log().stored_id.store(2);
    EXPECT_EQ(segment().visible(), 2U);
    EXPECT_TRUE(ann_.session().acknowledge(3));
    EXPECT_EQ(cursor(), 2U);
}

TEST_F(CursorTest, KeepsItsIdWhenItsGenerationWrapsAround) {
    ASSERT_TRUE(ann_.session().acknowledge(2));
    shm::Session::Welcome welcome;
    for (int login = 0; login < 0x10001; ++login) {
        ASSERT_EQ(ann_.session().login("ann", welcome), shm::Session::LoginResult::welcome);
    }
    EXPECT_EQ(welcome.cursor, 2U);
    EXPECT_TRUE(ann_.session().acknowledge(3));
    EXPECT_EQ(cursor(), 3U);
}

TEST(CursorWord, HoldsGenerationAndId) {
    const shm::Cursor cursor = shm::unpack_cursor(shm::pack(shm::Cursor{0xffff, shm::max_id}));
    EXPECT_EQ(cursor.generation, 0xffff);
    EXPECT_EQ(cursor.id, shm::max_id);
}

}  // namespace
}  // namespace belfry::test
