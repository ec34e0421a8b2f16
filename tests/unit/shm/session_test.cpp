#include "shm/session.hpp"

#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

/// Tests of slots, logins and presence.
namespace belfry::test {
namespace {

using LoginResult = shm::Session::LoginResult;

class SessionSlots : public SegmentTest {
  protected:
    [[nodiscard]] shm::Session unclaimed(std::uint32_t slot) {
        return {segment(), slot, shm::give_slot(segment(), slot).generation};
    }
    [[nodiscard]] LoginResult log_in(shm::Session& session, std::string_view client_id) {
        return session.login(client_id, welcome_);
    }
    [[nodiscard]] std::uint32_t row_of(std::string_view client_id) {
        return shm::find_client(segment(), client_id).value();
    }
    [[nodiscard]] bool is_online(std::string_view client_id) {
        return shm::online_slot(segment(), row_of(client_id)).has_value();
    }
    [[nodiscard]] std::uint32_t presence_changes() { return log().presence_changes.load(); }

    shm::Session::Welcome welcome_;
};

TEST_F(SessionSlots, ASlotCanBeClaimedOnce) {
    shm::Session session = unclaimed(3);
    EXPECT_TRUE(session.claim());
    EXPECT_FALSE(session.claim());
}

TEST_F(SessionSlots, AClaimRecordsPidAndStartTime) {
    EXPECT_FALSE(shm::process_in(segment().session_process(3)));
    (void)claimed_session(segment(), 3);
    const auto process = shm::process_in(segment().session_process(3));
    ASSERT_TRUE(process);
    EXPECT_EQ(process->pid, ::getpid());
    EXPECT_EQ(process->start_time, base::start_time_of(::getpid()));
}

TEST_F(SessionSlots, AClaimFailsAfterTheSlotWasRevoked) {
    shm::Session session = unclaimed(0);
    EXPECT_TRUE(shm::revoke_unclaimed(segment().session_process(0)));
    EXPECT_FALSE(session.claim());
    EXPECT_FALSE(shm::process_in(segment().session_process(0)));
}

TEST_F(SessionSlots, AClaimedSlotIsNotRevoked) {
    (void)claimed_session(segment(), 0);
    EXPECT_FALSE(shm::revoke_unclaimed(segment().session_process(0)));
    EXPECT_TRUE(shm::process_in(segment().session_process(0)));
}

TEST_F(SessionSlots, AClaimFailsAfterTheSlotWasGivenToAnother) {
    shm::Session late = unclaimed(0);
    shm::Session next = unclaimed(0);
    EXPECT_FALSE(late.claim());
    EXPECT_TRUE(next.claim());
}

TEST_F(SessionSlots, ALoginInASlotThatWasReapedIsRefused) {
    shm::Session session = claimed_session(segment(), 0);
    shm::reap_slot(segment(), 0);
    EXPECT_EQ(log_in(session, "ann"), LoginResult::no_slot);
    EXPECT_FALSE(is_online("ann"));
}

TEST_F(SessionSlots, AnUnknownClientIsRefused) {
    shm::Session session = claimed_session(segment(), 0);
    EXPECT_EQ(log_in(session, "zoe"), LoginResult::unknown_client);
    EXPECT_EQ(log_in(session, ""), LoginResult::unknown_client);
    EXPECT_EQ(log_in(session, "an"), LoginResult::unknown_client);
    EXPECT_FALSE(shm::is_logged_in(segment(), 0));
}

TEST_F(SessionSlots, ALoginMakesTheClientOnline) {
    shm::Session session = claimed_session(segment(), 0);
    EXPECT_FALSE(is_online("ann"));
    ASSERT_EQ(log_in(session, "ann"), LoginResult::welcome);
    EXPECT_TRUE(is_online("ann"));
    EXPECT_TRUE(shm::is_logged_in(segment(), 0));
    EXPECT_FALSE(welcome_.predecessor);
}

TEST_F(SessionSlots, LeavingMakesTheClientOffline) {
    Sender ann{segment(), 0, "ann"};
    const auto before = presence_changes();
    ann.session().leave();
    EXPECT_FALSE(is_online("ann"));
    EXPECT_EQ(presence_changes(), before + 1);
}

TEST_F(SessionSlots, LeavingTwiceHasNoFurtherEffect) {
    Sender ann{segment(), 0, "ann"};
    ann.session().leave();
    const auto before = presence_changes();
    ann.session().leave();
    EXPECT_EQ(presence_changes(), before);
}

TEST_F(SessionSlots, LeavingBeforeALoginHasNoEffect) {
    shm::Session session = claimed_session(segment(), 0);
    session.leave();
    EXPECT_EQ(presence_changes(), 0U);
}

TEST_F(SessionSlots, ReapingMakesTheClientOffline) {
    const Sender ann{segment(), 0, "ann"};
    const auto before = presence_changes();
    shm::reap_slot(segment(), 0);
    EXPECT_FALSE(is_online("ann"));
    EXPECT_FALSE(shm::is_logged_in(segment(), 0));
    EXPECT_FALSE(shm::process_in(segment().session_process(0)));
    EXPECT_EQ(presence_changes(), before + 1);
}

TEST_F(SessionSlots, ReapingASessionThatWasTakenOverKeepsTheClientOnline) {
    const Sender old{segment(), 0, "ann"};
    const Sender later{segment(), 1, "ann"};
    shm::reap_slot(segment(), 0);
    EXPECT_TRUE(is_online("ann"));
}

TEST_F(SessionSlots, ReapingAChildThatDiedAppendingWakesTheReaders) {
    Sender ann{segment(), 0, "ann"};
    ann.say("x");
    log().last_id = 0;  // the child has not committed it yet
    Shared<std::atomic<bool>> is_reading;
    const auto deadline = Clock::now() + 3 * scaled(default_wait);
    ForkedChild reader{[&] {
        shm::SessionNews news{segment(), 1};
        *is_reading = true;
        return news.wait_until(deadline, {}) && Clock::now() < deadline ? 0 : 1;
    }};
    ASSERT_TRUE(eventually([&] { return *is_reading && reader.is_asleep(); }));
    ann.session().set_appending(true);
    log().last_id = 1;  // and it dies before it notifies
    shm::reap_slot(segment(), 0);
    EXPECT_EQ(reader.wait(), 0);
    EXPECT_EQ(segment().session(0).appending.load(), 0U);
}

TEST_F(SessionSlots, TheProcessOfAnOnlineSessionCanBeOpenedUntilItsSlotIsReaped) {
    const Sender ann{segment(), 0, "ann"};
    const auto session = shm::online_session(segment(), row_of("ann"));
    ASSERT_TRUE(session);
    EXPECT_TRUE(shm::open_session(segment(), *session));
    shm::reap_slot(segment(), 0);
    EXPECT_FALSE(shm::open_session(segment(), *session));
    (void)claimed_session(segment(), 0);
    EXPECT_FALSE(shm::open_session(segment(), *session)) << "the slot now belongs to another child";
}

TEST_F(SessionSlots, NoMoreClientsThanAllowedAreOnline) {
    shm::SegmentPlan plan = small_plan();
    plan.max_clients = 2;
    ScratchSegment scratch{plan};
    Sender ann{scratch.segment(), 0, "ann"};
    const Sender bob{scratch.segment(), 1, "bob"};
    EXPECT_EQ(shm::count_online(scratch.segment()), 2U);
    shm::Session third = claimed_session(scratch.segment(), 2);
    EXPECT_EQ(log_in(third, "cat"), LoginResult::too_many_clients);
    ann.session().leave();
    EXPECT_EQ(log_in(third, "cat"), LoginResult::welcome);
}

TEST_F(SessionSlots, ATakeOverIsPossibleEvenIfTheServerIsFull) {
    shm::SegmentPlan plan = small_plan();
    plan.max_clients = 1;
    ScratchSegment scratch{plan};
    const Sender ann{scratch.segment(), 0, "ann"};
    shm::Session later = claimed_session(scratch.segment(), 1);
    EXPECT_EQ(log_in(later, "ann"), LoginResult::welcome);
    EXPECT_EQ(shm::count_online(scratch.segment()), 1U);
}

TEST_F(SessionSlots, ASegmentHasExtraSlotsForConnectionsBeforeTheirLogin) {
    EXPECT_EQ(segment().geometry().session_slots, 8 + shm::min_pending_slots);
}

TEST_F(SessionSlots, TheSupervisorRecordsItsPidAndStartTime) {
    shm::claim_supervision(segment());
    const auto supervisor = shm::process_in(segment().process(shm::supervisor_entry));
    ASSERT_TRUE(supervisor);
    EXPECT_EQ(supervisor->pid, ::getpid());
    EXPECT_EQ(supervisor->start_time, base::start_time_of(::getpid()));
}

}  // namespace
}  // namespace belfry::test
