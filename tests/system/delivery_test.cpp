#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

/// The way of a message: SEND or SAY from the sender, MSG to the other clients, SENT to the sender.
namespace belfry::test {
namespace {

std::string every_byte() {
    std::string bytes;
    for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<char>(value));
    return bytes;
}

/// Returns SEND commands with the seqs 1 to `count`, whose texts begin with `name`.
std::string many_sends(const std::string& name, int count) {
    std::string bytes;
    for (int seq = 1; seq <= count; ++seq) {
        const std::string payload = name + ":" + std::to_string(seq);
        bytes += "SEND " + std::to_string(seq) + " " + std::to_string(payload.size()) + "\r\n" +
                 payload + "\r\n";
    }
    return bytes;
}

std::uint64_t id_of(const Frame& frame) {
    return frame.number(frame.verb == "SENT" ? 1 : 0);
}

TEST(Delivery, AMessageIsPushedToOnlineClientsAndNeverToItsSender) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    RawClient three = server.log_in("3");
    one.send_message(1, "from one");
    two.expect_message(1, "1", "from one");
    three.expect_message(1, "1", "from one");
    two.send_message(1, "from two");
    // Client 1 receives message 2 right after the SENT of message 1, so it was sent no MSG of its
    // own.
    one.expect("SENT 1 1");
    one.expect_message(2, "2", "from two");
}

TEST(Delivery, SentTakesThePlaceOfOwnMessagesInTheOrder) {
    const Server server;
    std::vector<RawClient> clients;
    for (const char* id : {"1", "2", "3"}) clients.push_back(server.log_in(id));
    constexpr int each = 500;
    for (int index = 0; index < 3; ++index) {
        clients[static_cast<std::size_t>(index)].send(many_sends(std::to_string(index + 1), each));
    }
    // RawClient itself checks that no id is missing or repeated. This checks that all see one
    // order.
    std::vector<std::string> sender_of(3 * each + 1);
    for (std::size_t index = 0; index < 3; ++index) {
        const std::string self = std::to_string(index + 1);
        for (const auto& frame : clients[index].read_until_id(3 * each)) {
            const std::string sender = frame.verb == "SENT" ? self : frame.fields.at(1);
            auto& known = sender_of.at(id_of(frame));
            if (known.empty()) known = sender;
            EXPECT_EQ(known, sender) << frame.line;
        }
    }
}

TEST(Delivery, MessagesOfOneSenderKeepTheirOrder) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    one.send(many_sends("1", 1000));
    for (std::uint64_t id = 1; id <= 1000; ++id) {
        two.expect_message(id, "1", "1:" + std::to_string(id));
    }
    for (std::uint64_t id = 1; id <= 1000; ++id) {
        one.expect("SENT " + std::to_string(id) + " " + std::to_string(id));
    }
}

TEST(Delivery, SayTakesTheRestOfTheLineAndTheNextSeq) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    one.send_message(5, "five");
    one.send("SAY  two  spaces, = and ümlaut \r\n");
    one.send("SAY \r\n");
    one.send_message(8, "eight");
    two.expect_message(1, "1", "five");
    two.expect_message(2, "1", " two  spaces, = and ümlaut ");
    two.expect_message(3, "1", "");
    two.expect_message(4, "1", "eight");
    one.expect("SENT 5 1");
    one.expect("SENT 6 2");
    one.expect("SENT 7 3");
    one.expect("SENT 8 4");
}

TEST(Delivery, APayloadMayHoldAnyBytes) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    const std::string deceptive = "\r\nMSG 7 3 1 2\r\nQUIT\r\n\r\nSEND 9 1\r\n";
    one.send_message(1, every_byte());
    one.send_message(2, deceptive);
    two.expect_message(1, "1", every_byte());
    two.expect_message(2, "1", deceptive);
}

TEST(Delivery, APayloadMayBeEmptyOrOfTheLargestSize) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    const std::string largest(65536, 'x');
    one.send_message(1, "");
    one.send_message(2, largest);
    one.send_message(3, "");
    two.expect_message(1, "1", "");
    two.expect_message(2, "1", largest);
    two.expect_message(3, "1", "");
}

TEST(Delivery, TheTimeOfAMessageIsThatOfTheServerInMilliseconds) {
    using std::chrono::system_clock;
    const auto now_ms = [] {
        return std::chrono::duration_cast<Milliseconds>(system_clock::now().time_since_epoch())
            .count();
    };
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    const auto before = now_ms();
    one.send("SAY what time is it\r\n");
    const auto time = static_cast<std::int64_t>(two.next().number(2));
    EXPECT_GE(time, before);
    EXPECT_LE(time, now_ms());
}

TEST(Delivery, PingIsAnsweredByPong) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send("PING\r\nPING token-1\r\n");
    client.expect("PONG");
    client.expect("PONG token-1");
}

TEST(Delivery, WhoListsTheKnownClients) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2", "ack=manual");
    one.send("SAY a\r\nSAY b\r\n");
    two.read_until_id(2);
    one.read_until_id(2);
    two.send("ACK 1\r\n");
    two.expect_pong();
    const auto users = [&] {
        one.send("WHO\r\n");
        auto lines = lines_of(one.read_until("END"));
        std::sort(lines.begin(), lines.end());
        return lines;
    };
    const std::vector<std::string> expected{"END", "USER 1 online cursor=2",
                                            "USER 2 online cursor=1", "USER 3 offline cursor=0"};
    EXPECT_TRUE(eventually([&] { return users() == expected; })) << testing::PrintToString(users());
}

}  // namespace
}  // namespace belfry::test
