#include "tests/support/numbered_messages.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// Slow or late clients get messages that have left the ring from the store.
namespace belfry::test {
namespace {

/// Expects every message from 1 to `last` of client 1, whole, once and in order.
void expect_all(const std::vector<Frame>& frames, std::string_view verb, std::uint64_t last) {
    std::uint64_t next = 1;
    for (const Frame& frame : frames) {
        if (frame.verb != verb) continue;
        ASSERT_EQ(frame.number(0), next);
        ASSERT_EQ(frame.fields[1], "1");
        ASSERT_TRUE(frame.payload.starts_with(std::to_string(next) + "."));
        ++next;
    }
    EXPECT_EQ(next, last + 1);
}

TEST(StoreBacklog, EveryClientGetsAHundredThousandMessagesThroughASmallRing) {
    constexpr std::uint64_t count = 100'000;
    Server server{{.client_ids = "1,2,3,4", .more = {"--ring-size", "1M"}, .durability = "commit"}};
    RawClient asleep{server.port(), 4096};
    asleep.log_in_live("2");
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, count, 20);
    EXPECT_GT(server.status().at("log").at("first_id"), count / 2);

    RawClient late = server.connect();
    late.log_in("3");
    expect_all(late.read_until("LIVE"), "MSG", count);
    expect_all(asleep.read_until_id(count), "MSG", count);

    RawClient historian = server.log_in("4");
    historian.send("HISTORY 1 1000000\r\n");
    const auto past = historian.read_until("END");
    expect_all(past, "PAST", count);
    EXPECT_EQ(past.back().line, "END 1 " + std::to_string(count));
    historian.send("HISTORY 500 3\r\n");
    EXPECT_EQ(historian.read_until("END").back().line, "END 500 502");

    sender.send_message(count + 1, "live");
    for (RawClient* client : {&asleep, &late, &historian}) {
        client->expect_message(count + 1, "1", "live");
    }
}

TEST(StoreBacklog, ASenderGetsItsSentsFromTheStoreToo) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    {
        RawClient sender = server.log_in("1", "ack=manual");
        send_and_read(sender, 1, 3000, 100);
    }
    RawClient again = server.connect();
    again.log_in("1", "ack=manual");
    const auto frames = again.read_until("LIVE");
    EXPECT_EQ(count_verb(frames, "SENT"), 3000U);
    EXPECT_EQ(frames.front().line, "SENT 1 1");
    EXPECT_EQ(frames.back().line, "LIVE 3000");
}

TEST(StoreBacklog, AReaderThatLeavesWithinItsBacklogContinuesThere) {
    constexpr std::uint64_t count = 20'000;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, count, 20);
    std::uint64_t taken = 0;
    while (taken < count) {
        RawClient reader = server.connect();
        EXPECT_EQ(reader.log_in("2", "ack=manual").option("cursor"), std::to_string(taken));
        taken = std::min(count, taken + 7001);
        reader.read_until_id(taken);
        reader.send("ACK " + std::to_string(taken) + "\r\nQUIT\r\n");
        reader.read_until("BYE");
    }
}

TEST(StoreBacklog, MessagesBeyondKeepMessagesAreReportedAsAGap) {
    Server server{{.more = {"--keep-messages", "100"}, .durability = "commit"}};
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, 1000);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("first_id") == 901; }));
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2").option("cursor"), "0");
    late.expect("GAP 1 900");
    EXPECT_EQ(count_verb(late.read_until("LIVE"), "MSG"), 100U);
    late.send("HISTORY 1 5000\r\n");
    EXPECT_EQ(late.read_until("END").back().line, "END 901 1000");
    StoreDb store{server.data_dir()};
    EXPECT_EQ(store.number("SELECT min(id) FROM messages"), 901U);
    EXPECT_EQ(server.stop(), 0);
    server.start();
    RawClient again = server.connect();
    again.log_in("3");
    again.expect("GAP 1 900");
}

TEST(StoreBacklog, MessagesBeyondKeepDaysAreReportedAsAGapAndIdsContinue) {
    Server server{{.more = {"--keep-days", "30"}, .durability = "commit"}};
    {
        RawClient sender = server.log_in("1");
        send_and_read(sender, 1, 10);
    }
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("UPDATE messages SET time = time - 31 * 86400000");
    server.start();
    EXPECT_TRUE(eventually(
        [&] { return StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages") == 0; }));
    EXPECT_EQ(server.stop(), 0);
    server.start();
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2").option("last"), "10");
    late.expect("GAP 1 10");
    late.expect("LIVE 10");
    late.send_message(1, "text");
    late.expect("SENT 1 11");
}

}  // namespace
}  // namespace belfry::test
