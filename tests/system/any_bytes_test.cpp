#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

/// The server reads input that arrives in pieces of any size, input that is cut off anywhere, and
/// input that is not the protocol.
namespace belfry::test {
namespace {

std::uint64_t seed() {
    const char* chosen = std::getenv("BELFRY_SEED");
    return chosen == nullptr ? std::random_device{}() : std::strtoull(chosen, nullptr, 10);
}

/// Commands of every kind. expect_answers_to_every_command() checks their answers.
const std::string every_command =
    "SEND 1 5\r\nhello\r\nPING a\r\nSAY word\r\nACK 1\r\nSEND 3 0\r\n\r\nHISTORY 1 1\r\n"
    "SEND 0 2\r\nxx\r\nnonsense\r\nSEND 4 65537\r\n" +
    std::string(65537, 'z') + "\r\nSEND 3 1\r\nd\r\nSEND 5 4\r\n\r\n\r\n\r\nPING b\r\nQUIT\r\n";

void expect_answers_to_every_command(RawClient& client) {
    auto frames = client.read_until("BYE");
    EXPECT_EQ(count_verb(frames, "SENT"), 4U);
    std::erase_if(frames, [](const Frame& frame) { return frame.verb == "SENT"; });
    std::vector<std::string> verbs;
    for (const auto& frame : frames) verbs.push_back(frame.verb);
    EXPECT_EQ(verbs, (std::vector<std::string>{"PONG", "PAST", "END", "ERR", "ERR", "ERR", "DUP",
                                               "PONG", "BYE"}))
        << testing::PrintToString(lines_of(frames));
    client.expect_closed();
}

TEST(AnyBytes, ManyCommandsInOneWriteAreAllAnswered) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send(every_command);
    expect_answers_to_every_command(client);
}

TEST(AnyBytes, CommandsThatArriveByteByByteAreAllAnswered) {
    const Server server;
    RawClient client = server.log_in("1");
    // The long payload is sent in pieces of a prime length, all else byte by byte.
    for (std::size_t at = 0; at < every_command.size();) {
        const std::size_t size = every_command[at] == 'z' ? 997 : 1;
        client.send(std::string_view{every_command}.substr(at, size));
        at += size;
    }
    expect_answers_to_every_command(client);
}

TEST(AnyBytes, ASendThatIsCutOffAtAnyByteIsNotAppended) {
    const Server server;
    const std::string command = "SEND 1 10\r\n0123456789\r\n";
    for (std::size_t length = 0; length < command.size(); ++length) {
        RawClient client = server.connect();
        client.log_in("1");
        client.send(std::string_view{command}.substr(0, length));
        if (length % 2 == 0) {
            client.shutdown_sending();
            client.read_to_the_end();
        }
    }
    RawClient reader = server.connect();
    EXPECT_EQ(reader.log_in("2").option("last"), "0");
    reader.expect("LIVE 0");
    RawClient client = server.log_in("1");
    client.send(command);
    client.expect("SENT 1 1");
    reader.expect_message(1, "1", "0123456789");
}

TEST(AnyBytes, AConnectionResetWithinAPayloadAppendsNothing) {
    const Server server;
    for (int round = 0; round < 10; ++round) {
        RawClient client = server.log_in("1");
        client.send("SEND 1 60000\r\n" + std::string(30000, 'x'));
        client.reset();
    }
    EXPECT_EQ(server.connect().log_in("1").option("last"), "0");
}

/// Random bytes. Much of them resembles the protocol, so that they reach most of the parser.
std::string random_input(std::mt19937_64& random) {
    static const std::vector<std::string> pieces{"SEND ",
                                                 "SAY ",
                                                 "ACK ",
                                                 "HISTORY ",
                                                 "WHO",
                                                 "PING ",
                                                 "QUIT",
                                                 "LOGIN ",
                                                 "1 ",
                                                 "2 ",
                                                 "0 ",
                                                 "-1 ",
                                                 "65536 ",
                                                 "18446744073709551616 ",
                                                 "ack=manual ",
                                                 "=",
                                                 "\r\n",
                                                 "\n",
                                                 "\r",
                                                 " ",
                                                 std::string(1, '\0'),
                                                 "\xff",
                                                 std::string(300, 'a')};
    std::uniform_int_distribution<std::size_t> piece{0, pieces.size()};
    std::uniform_int_distribution<int> byte{0, 255};
    std::string bytes;
    for (int count = 0; count < 60; ++count) {
        const std::size_t index = piece(random);
        if (index < pieces.size()) {
            bytes += pieces[index];
        } else {
            bytes.push_back(static_cast<char>(byte(random)));
        }
    }
    return bytes;
}

/// Sends the bytes and reads the answers until the server closes. RawClient throws if an answer
/// violates the protocol.
void send_and_read_answers(RawClient& client, const std::string& bytes) {
    try {
        client.send(bytes);
        client.shutdown_sending();
    } catch (const Failure&) {
        // The server may have closed the connection before it read everything.
    }
    client.read_to_the_end();
}

TEST(AnyBytes, RandomInputIsAnsweredOrEndsItsConnectionAndDisturbsNobodyElse) {
    const std::uint64_t chosen = seed();
    std::cout << "BELFRY_SEED=" << chosen << "\n";
    std::mt19937_64 random{chosen};
    const Server server;
    RawClient sender = server.log_in("2");
    RawClient watcher = server.log_in("3");
    for (std::uint64_t round = 1; round <= 150; ++round) {
        RawClient client = server.connect();
        if (round % 3 != 0) client.log_in("1");
        send_and_read_answers(client, random_input(random));
        const std::string text = "marker " + std::to_string(round);
        sender.send("SAY " + text + "\r\n");
        while (watcher.next().payload != text) {
        }
    }
    sender.send("PING still-there\r\n");
    sender.read_until("PONG");
    // The supervisor would have logged a session that crashed.
    EXPECT_EQ(server.errors().find("was killed by signal"), std::string::npos) << server.errors();
}

}  // namespace
}  // namespace belfry::test
