#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// Every ERR after the login, and whether the connection stays open. login_test.cpp and
/// limits_test.cpp test the reasons for which a LOGIN is refused.
namespace belfry::test {
namespace {

struct Refusal {
    std::string sent;
    std::string code;
    std::string seq = "-";
};

/// Expects that each command is refused, and that the session continues as if it had not been sent.
void expect_refused_and_open(const std::vector<Refusal>& refusals) {
    const Server server;
    RawClient other = server.log_in("2");
    RawClient client = server.log_in("1");
    for (const auto& refusal : refusals) {
        SCOPED_TRACE(refusal.sent.substr(0, 60));
        client.send(refusal.sent);
        client.expect_error(refusal.code, refusal.seq);
        client.expect_pong();
    }
    client.send_message(1, "marker");
    client.expect("SENT 1 1");
    other.expect_message(1, "1", "marker");
}

/// Expects that each command is refused and closes its connection. Each has a session of its own.
void expect_refused_and_closed(const std::vector<Refusal>& refusals) {
    const Server server;
    RawClient other = server.log_in("2");
    for (const auto& refusal : refusals) {
        SCOPED_TRACE(refusal.sent.substr(0, 60));
        RawClient client = server.log_in("1");
        client.send(refusal.sent + "SAY too late\r\n");
        client.expect_error(refusal.code, refusal.seq);
        client.expect_closed();
    }
    RawClient client = server.log_in("1");
    client.send_message(1, "marker");
    client.expect("SENT 1 1");
    other.expect_message(1, "1", "marker");
}

TEST(Errors, AnUnknownCommandKeepsTheConnectionOpen) {
    expect_refused_and_open({{"HELLO\r\n", "unknown-command"},
                             {"\r\n", "unknown-command"},
                             {"\n", "unknown-command"},
                             {"SENDER 1 2\r\n", "unknown-command"},
                             {"MSG 1 2 3 4\r\n", "unknown-command"},
                             {std::string{"\0\0\0\r\n", 5}, "unknown-command"},
                             {"\xff\xfe\x80\r\n", "unknown-command"}});
}

TEST(Errors, ABadLineKeepsTheConnectionOpen) {
    expect_refused_and_open({{"SEND\r\n", "bad-line"},
                             {"SEND 1\r\n", "bad-line"},
                             {"SEND 1 x\r\n", "bad-line"},
                             {"SEND 1 -2\r\n", "bad-line"},
                             {"SEND  1 2\r\n", "bad-line"},
                             {"ACK\r\n", "bad-line"},
                             {"ACK x\r\n", "bad-line"},
                             {"ACK -1\r\n", "bad-line"},
                             {"HISTORY\r\n", "bad-line"},
                             {"HISTORY 1\r\n", "bad-line"},
                             {"HISTORY x 1\r\n", "bad-line"},
                             {"HISTORY 1 x\r\n", "bad-line"},
                             {"SAY\r\n", "bad-line"},
                             {"WHO is there\r\n", "bad-line"},
                             {"QUIT now\r\n", "bad-line"},
                             {" PING\r\n", "bad-line"}});
}

TEST(Errors, ABadSeqKeepsTheConnectionOpenAndItsPayloadIsDiscarded) {
    expect_refused_and_open({{"SEND 0 4\r\nQUIT\r\n", "bad-seq"},
                             {"SEND x 4\r\nQUIT\r\n", "bad-seq"},
                             {"SEND -1 4\r\nQUIT\r\n", "bad-seq"},
                             {"SEND 9223372036854775808 4\r\nQUIT\r\n", "bad-seq"},
                             {"SEND 99999999999999999999999 0\r\n\r\n", "bad-seq"}});
}

TEST(Errors, ATooLargePayloadIsDiscardedAndKeepsTheConnectionOpen) {
    constexpr std::size_t sixteen_mib = 16U * 1024 * 1024;
    expect_refused_and_open(
        {{"SEND 7 65537\r\n" + std::string(65537, 'x') + "\r\n", "too-large", "7"},
         {"SEND 8 16777216\r\n" + std::string(sixteen_mib, 'x') + "\n", "too-large", "8"}});
}

TEST(Errors, TheLargestPayloadIsTheConfiguredOne) {
    const Server server{{.more = {"--max-payload", "10"}}};
    RawClient client = server.log_in("1");
    client.send_message(1, "0123456789");
    client.expect("SENT 1 1");
    client.send_message(2, "0123456789A");
    client.expect_error("too-large", "2");
    client.send_message(3, "");
    client.expect("SENT 3 2");
}

TEST(Errors, APayloadAboveSixteenMebibytesClosesTheConnection) {
    expect_refused_and_closed({{"SEND 7 16777217\r\n", "too-large", "7"},
                               {"SEND 7 99999999999999999999999999\r\n", "too-large", "7"}});
}

TEST(Errors, ABadPayloadClosesTheConnection) {
    expect_refused_and_closed({{"SEND 7 3\r\nabcd\r\n", "bad-payload", "7"},
                               {"SEND 7 3\r\nabc\rd\n", "bad-payload", "7"},
                               {"SEND 7 0\r\nPING\r\n", "bad-payload", "7"}});
}

TEST(Errors, ALineOf1024BytesIsTheLongest) {
    const Server server;
    RawClient other = server.log_in("2");
    RawClient client = server.log_in("1");
    // "SAY " and CRLF are 6 bytes.
    const std::string longest(1018, 'x');
    client.send("SAY " + longest + "\r\n");
    client.expect("SENT 1 1");
    other.expect_message(1, "1", longest);
    client.send("SAY " + longest + "y\n");
    client.expect("SENT 2 2");
    client.send("SAY " + longest + "y\r\n");
    client.expect_error("line-too-long");
    client.expect_closed();
}

TEST(Errors, ALineWithoutAnEndClosesTheConnection) {
    expect_refused_and_closed({{std::string(5000, 'x'), "line-too-long"},
                               {"SEND 1 " + std::string(2000, '0') + "3\r\n", "line-too-long"}});
}

TEST(Errors, ALineWithoutAnEndClosesTheConnectionBeforeLoginToo) {
    const Server server;
    RawClient client = server.connect();
    client.send(std::string(5000, 'x'));
    client.expect_error("line-too-long");
    client.expect_closed();
}

TEST(Errors, AnswersKeepTheOrderOfTheirCommands) {
    const Server server;
    RawClient client = server.log_in("1");
    std::string bytes;
    for (int count = 0; count < 100; ++count) {
        bytes += "PING " + std::to_string(count) + "\r\nNONSENSE\r\nSEND 0 0\r\n\r\n";
    }
    client.send(bytes);
    for (int count = 0; count < 100; ++count) {
        client.expect("PONG " + std::to_string(count));
        client.expect_error("unknown-command");
        client.expect_error("bad-seq");
    }
}

/// The answers and SENT are written by two threads; SENT as soon as the message is in the log.
TEST(Errors, NoSentOvertakesTheAnswersOfEarlierCommands) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send_message(1, "");
    client.expect("SENT 1 1");
    for (std::uint64_t seq = 2; seq < 200; ++seq) {
        const std::string number = std::to_string(seq);
        client.send("PING a\r\nSEND 1 0\r\n\r\nWHO\r\nSEND 0 0\r\n\r\nSEND " + number +
                    " 0\r\n\r\nSEND 1 0\r\n\r\n");
        client.expect("PONG a");
        client.expect("DUP 1");
        client.expect_verb("USER");
        client.expect_verb("USER");
        client.expect_verb("USER");
        client.expect("END");
        client.expect_error("bad-seq");
        const std::vector<std::string> last{client.next().line, client.next().line};
        EXPECT_TRUE(std::ranges::count(last, "SENT " + number + " " + number) == 1);
        EXPECT_TRUE(std::ranges::count(last, "DUP 1") == 1);
    }
}

TEST(Errors, ACommandBeforeLoginIsRefusedAtItsLine) {
    const Server server;
    for (const char* line : {"SEND 1 100\r\n", "SEND 1 0\r\n", "SEND 1 99999999999\n", "SAY x\r\n",
                             "PING\r\n", "\r\n", "QUIT\r\n"}) {
        RawClient client = server.connect();
        client.send(line);
        client.expect_error("login-first");
        client.expect_closed();
    }
}

}  // namespace
}  // namespace belfry::test
