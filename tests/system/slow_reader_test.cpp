#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <string>

/// Clients that do not read neither delay other clients nor use up memory.
namespace belfry::test {
namespace {

constexpr int small_buffer = 4096;

ServerOptions with_small_ring() {
    return {.more = {"--ring-size", "1M"}};
}

/// Sends `count` messages of 8 KiB and reads every SENT. Returns the milliseconds it took.
double send_much(RawClient& sender, int count) {
    const auto start = Clock::now();
    const std::uint64_t last = sender.last_id() + static_cast<std::uint64_t>(count);
    const std::string text(8192, 'x');
    for (int number = 1; number <= count; ++number) {
        sender.send_message(sender.last_id() + 1, text);
        sender.read_until_id(sender.last_id() + 1);
    }
    EXPECT_EQ(sender.last_id(), last);
    return milliseconds_since(start);
}

TEST(SlowReader, ReceivesAGapAndDelaysNobody) {
    const Server server{with_small_ring()};
    RawClient slow = server.connect(small_buffer);
    slow.log_in_live("3", "ack=manual");
    RawClient reader = server.log_in("2");
    RawClient sender = server.log_in("1");
    // The messages are far larger than the ring and the buffers of a socket.
    constexpr int count = 2000;
    std::cout << "16 MiB sent while a reader does not read: " << send_much(sender, count)
              << " ms\n";
    reader.read_until_id(count);

    const auto frames = slow.read_until_id(count);
    EXPECT_GE(count_verb(frames, "GAP"), 1U);
    EXPECT_EQ(frames.back().verb, "MSG");
    for (const auto& frame : frames) {
        if (frame.verb == "MSG") {
            EXPECT_EQ(frame.payload, std::string(8192, 'x'));
        }
    }
    slow.send("ACK " + std::to_string(count) + "\r\n");
    slow.quit();
    EXPECT_EQ(server.connect().log_in("3").option("cursor"), std::to_string(count));
}

TEST(SlowReader, AFloodOfTinyMessagesDoesNotOverrunItsOwnSender) {
    const Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 50'000;
    std::string bytes;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 1\r\nx\r\n";
    }
    client.send(bytes);
    const auto frames = client.read_until_id(count);
    EXPECT_EQ(count_verb(frames, "GAP"), 0U);
    EXPECT_EQ(count_verb(frames, "SENT"), count);
}

TEST(SlowReader, AClientThatWasAwayTooLongReceivesAGap) {
    const Server server{with_small_ring()};
    RawClient sender = server.log_in("1");
    send_much(sender, 500);
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2").option("cursor"), "0");
    const auto frames = late.read_until("LIVE");
    EXPECT_EQ(frames.front().verb, "GAP");
    EXPECT_EQ(frames.front().number(0), 1U);
    EXPECT_EQ(count_verb(frames, "GAP"), 1U);
    EXPECT_EQ(frames.back().line, "LIVE 500");
    late.quit();
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("2").option("cursor"), "500");
    again.expect("LIVE 500");
}

TEST(SlowReader, OwnMessagesInAGapAreAnsweredDupWhenSentAgain) {
    const Server server{with_small_ring()};
    RawClient client = server.log_in("2", "ack=manual");
    client.send_message(7, "mine");
    client.expect("SENT 7 1");
    client.reset();
    RawClient sender = server.log_in("1");
    send_much(sender, 500);
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("2", "ack=manual").option("seq"), "7");
    EXPECT_EQ(again.next().verb, "GAP");
    again.read_until("LIVE");
    again.send_message(7, "mine");
    again.expect("DUP 7");
}

/// Sends as fast as possible and never reads, until the server accepts no bytes for a second.
/// Returns the number of bytes sent.
std::size_t flood(RawClient& client, RawClient& sender, RawClient& reader) {
    std::size_t sent = 0;
    std::uint64_t seq = 1;
    for (;;) {
        std::string bytes;
        for (int count = 0; count < 10'000; ++count) {
            bytes += "SEND " + std::to_string(seq++) + " 10\r\n0123456789\r\n";
        }
        // A command may be sent only in part. The rest is not needed.
        const std::size_t accepted = client.send_without_reading(bytes, Milliseconds{1000});
        sent += accepted;
        // The other clients are still served.
        sender.send("SAY in between\r\n");
        sender.read_until("SENT");
        reader.read_until_id(sender.last_id());
        if (accepted < bytes.size()) return sent;
    }
}

TEST(SlowReader, AClientThatFloodsAndNeverReadsMeetsBackpressure) {
    Server server{with_small_ring()};
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    RawClient flooder = server.connect(small_buffer);
    flooder.log_in_live("3");
    const pid_t child = server.child_of("3");
    const auto memory_before = private_memory_kib(child);
    const auto attached_before = server.attached();

    const std::size_t sent = flood(flooder, sender, reader);
    std::cout << "a flood was held back after " << sent / 1024 << " KiB\n";

    constexpr double allowed_kib = 8 * 1024;
    EXPECT_LT(static_cast<double>(private_memory_kib(child)),
              static_cast<double>(memory_before) + allowed_kib * slowness());
    EXPECT_EQ(server.attached(), attached_before);
    sender.send("SAY afterwards\r\n");
    sender.read_until("SENT");
    reader.read_until_id(sender.last_id());
    // The flooding client has lost no message: it is served as soon as it reads.
    flooder.read_until_id(sender.last_id());
}

}  // namespace
}  // namespace belfry::test
