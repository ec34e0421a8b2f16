#include "shm/client_stats.hpp"

#include "shm/process_entry.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

/// Tests of the statistics about clients and programs, which only people read.
namespace belfry::test {
namespace {

using shm::EndReason;
using ClientStats = SegmentTest;

TEST_F(ClientStats, TrafficAddsUpOverSessions) {
    shm::ClientRow& ann = segment().client(0);
    shm::count_input(ann, 10);
    shm::count_input(ann, 5);
    shm::count_output(ann, 7);
    EXPECT_EQ(ann.bytes_in, 15U);
    EXPECT_EQ(ann.bytes_out, 7U);
    EXPECT_GE(ann.seen_ms, segment().geometry().created_ms);
}

TEST_F(ClientStats, TheEndReasonsOfTheLastEightSessionsAreKeptNewestFirst) {
    shm::ClientRow& ann = segment().client(0);
    EXPECT_EQ(shm::last_ends_of(ann)[0], EndReason::none);
    for (int count = 0; count < 8; ++count) shm::count_end(segment(), ann, EndReason::quit);
    shm::count_end(segment(), ann, EndReason::lost);
    const auto ends = shm::last_ends_of(ann);
    EXPECT_EQ(ends[0], EndReason::lost);
    EXPECT_EQ(ends[7], EndReason::quit);
    EXPECT_EQ(segment().server().ends[static_cast<std::size_t>(EndReason::quit)], 8U);
}

TEST_F(ClientStats, ASessionThatDiedWithoutLeavingCountsAsKilled) {
    shm::Session session = claimed_session(segment(), 0);
    EXPECT_FALSE(shm::count_death(segment(), 0)) << "no client had logged in";
    shm::Session::Welcome welcome;
    ASSERT_EQ(session.login("bob", welcome), shm::Session::LoginResult::welcome);
    EXPECT_TRUE(shm::count_death(segment(), 0));
    EXPECT_EQ(shm::last_ends_of(session.client())[0], EndReason::killed);
}

TEST_F(ClientStats, ASessionThatHasLeftDoesNotCountAsKilled) {
    shm::Session session = claimed_session(segment(), 0);
    shm::Session::Welcome welcome;
    ASSERT_EQ(session.login("bob", welcome), shm::Session::LoginResult::welcome);
    shm::count_end(segment(), session.client(), EndReason::quit);
    session.leave();
    EXPECT_FALSE(shm::count_death(segment(), 0));
    EXPECT_EQ(shm::last_ends_of(session.client())[0], EndReason::quit);
}

TEST_F(ClientStats, AVersionIsCutIfItDoesNotFit) {
    shm::ProcessEntry& entry = segment().process(shm::archiver_entry);
    EXPECT_EQ(shm::version_in(entry), "");
    shm::set_version(entry, "1.2.3");
    EXPECT_EQ(shm::version_in(entry), "1.2.3");
    shm::set_version(entry, std::string(100, 'x'));
    EXPECT_EQ(shm::version_in(entry), std::string(32, 'x'));
}

TEST_F(ClientStats, ALoginOfAClientThatWasJustRemovedIsRefused) {
    shm::Session session = claimed_session(segment(), 0);
    ASSERT_TRUE(shm::set_known_clients(segment(), known({"ann"})));
    shm::Session::Welcome welcome;
    EXPECT_EQ(session.login("bob", welcome), shm::Session::LoginResult::unknown_client);
    EXPECT_FALSE(shm::is_logged_in(segment(), 0));
}

}  // namespace
}  // namespace belfry::test
