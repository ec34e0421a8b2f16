#include "client/conversation.hpp"

#include <gtest/gtest.h>

namespace belfry::client {
namespace {

wire::Welcome welcome(std::string_view epoch, std::uint64_t cursor) {
    wire::Welcome frame;
    frame.epoch = epoch;
    frame.cursor = cursor;
    return frame;
}

TEST(ClientInbox, AcceptsAMessageOnce) {
    Inbox inbox{std::nullopt};
    static_cast<void>(inbox.begin_session(welcome("a", 4)));
    EXPECT_TRUE(inbox.take(5));
    EXPECT_FALSE(inbox.take(5));
    EXPECT_FALSE(inbox.take(4));
    EXPECT_TRUE(inbox.take(7));
}

TEST(ClientInbox, AMessageIsNotAcceptedAgainOnAnotherConnection) {
    Inbox inbox{std::nullopt};
    static_cast<void>(inbox.begin_session(welcome("a", 0)));
    EXPECT_TRUE(inbox.take(1));
    EXPECT_FALSE(inbox.begin_session(welcome("a", 0)));
    EXPECT_FALSE(inbox.take(1));
    EXPECT_TRUE(inbox.take(2));
}

TEST(ClientInbox, ANewEpochStartsOver) {
    Inbox inbox{std::nullopt};
    EXPECT_FALSE(inbox.begin_session(welcome("a", 0)));
    EXPECT_TRUE(inbox.take(9));
    EXPECT_TRUE(inbox.begin_session(welcome("b", 0)));
    EXPECT_TRUE(inbox.take(1));
    EXPECT_EQ(inbox.take_ack(), 1u);
}

TEST(ClientInbox, AcknowledgesTheHighestIdOncePerConnection) {
    Inbox inbox{std::nullopt};
    static_cast<void>(inbox.begin_session(welcome("a", 3)));
    EXPECT_EQ(inbox.take_ack(), std::nullopt);
    EXPECT_TRUE(inbox.take(4));
    EXPECT_TRUE(inbox.pass(6));
    EXPECT_EQ(inbox.take_ack(), 6u);
    EXPECT_EQ(inbox.take_ack(), std::nullopt);
    static_cast<void>(inbox.begin_session(welcome("a", 3)));
    EXPECT_EQ(inbox.take_ack(), 6u) << "the server may not have received the first ACK";
}

TEST(ClientInbox, AFullInboxAcceptsAndAcknowledgesNothingMore) {
    Inbox inbox{2};
    static_cast<void>(inbox.begin_session(welcome("a", 0)));
    EXPECT_TRUE(inbox.take(1));
    EXPECT_FALSE(inbox.is_full());
    EXPECT_TRUE(inbox.take(2));
    EXPECT_TRUE(inbox.is_full());
    EXPECT_FALSE(inbox.take(3));
    EXPECT_FALSE(inbox.pass(4));
    EXPECT_EQ(inbox.take_ack(), 2u);
}

TEST(ClientInbox, SkippedIdsDoNotCountTowardsItsCapacity) {
    Inbox inbox{1};
    static_cast<void>(inbox.begin_session(welcome("a", 0)));
    EXPECT_TRUE(inbox.pass(5));
    EXPECT_FALSE(inbox.is_full());
    EXPECT_TRUE(inbox.take(6));
    EXPECT_TRUE(inbox.is_full());
}

}  // namespace
}  // namespace belfry::client
