#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// LOGIN, WELCOME and LIVE, and the messages that a client has missed.
namespace belfry::test {
namespace {

bool is_epoch(const std::string& text) {
    return !text.empty() && text.size() <= 32 &&
           text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

/// Sends each text as client 2, all in one session.
void send_as_2(const Server& server, const std::vector<std::string>& texts) {
    RawClient sender = server.log_in("2");
    for (const auto& text : texts) sender.send("SAY " + text + "\r\n");
    EXPECT_EQ(count_verb(sender.quit(), "SENT"), texts.size());
}

TEST(Login, WelcomeShowsTheStateOfANewLog) {
    const Server server;
    RawClient client = server.connect();
    const Frame welcome = client.log_in("1");
    EXPECT_EQ(welcome.fields[0], "1");
    EXPECT_TRUE(is_epoch(welcome.option("epoch"))) << welcome.line;
    EXPECT_EQ(welcome.option("cursor"), "0");
    EXPECT_EQ(welcome.option("last"), "0");
    EXPECT_EQ(welcome.option("seq"), "0");
    EXPECT_EQ(welcome.option("max-payload"), "65536");
    EXPECT_TRUE(welcome.option("server").starts_with("belfry/")) << welcome.line;
}

TEST(Login, LiveIsSentOnceEvenWithoutABacklog) {
    const Server server;
    RawClient client = server.connect();
    client.log_in("1");
    client.expect("LIVE 0");
    send_as_2(server, {"first", "second"});
    client.expect_message(1, "2", "first");
    client.expect_message(2, "2", "second");
}

TEST(Login, AClientThatNeverLoggedInGetsTheWholeLog) {
    const Server server;
    send_as_2(server, {"one", "two", "three"});
    RawClient client = server.connect();
    const Frame welcome = client.log_in("1");
    EXPECT_EQ(welcome.option("cursor"), "0");
    EXPECT_EQ(welcome.option("last"), "3");
    client.expect_message(1, "2", "one");
    client.expect_message(2, "2", "two");
    client.expect_message(3, "2", "three");
    client.expect("LIVE 3");
}

TEST(Login, AClientGetsTheMessagesItMissedAndNoneTwice) {
    const Server server;
    RawClient before = server.log_in("1");
    send_as_2(server, {"seen"});
    before.expect_message(1, "2", "seen");
    before.quit();

    send_as_2(server, {"missed", "missed too"});
    RawClient after = server.connect();
    EXPECT_EQ(after.log_in("1").option("cursor"), "1");
    after.expect_message(2, "2", "missed");
    after.expect_message(3, "2", "missed too");
    after.expect("LIVE 3");
}

TEST(Login, WelcomeShowsTheHighestSeqOfTheClient) {
    const Server server;
    RawClient before = server.log_in("1");
    before.send_message(41, "x");
    before.send_message(70, "y");
    before.quit();
    EXPECT_EQ(server.connect().log_in("1").option("seq"), "70");
    EXPECT_EQ(server.connect().log_in("2").option("seq"), "0");
}

TEST(Login, WelcomeShowsTheConfiguredMaxPayload) {
    const Server server{{.more = {"--max-payload", "1K"}}};
    EXPECT_EQ(server.connect().log_in("1").option("max-payload"), "1024");
}

TEST(Login, VerbsMayBeLowerCaseAndLinesMayEndWithLf) {
    const Server server;
    RawClient client = server.connect();
    client.send("login 1\nSend 1 2\nhi\npInG x\n");
    client.expect_verb("WELCOME");
    const auto frames = client.read_until_id(1);
    EXPECT_EQ(frames.back().line, "SENT 1 1");
}

TEST(Login, UnknownOptionsAreIgnored) {
    const Server server;
    RawClient client = server.connect();
    client.log_in("1", "colour=blue ack=manual shape=round");
}

TEST(Login, AClientIdIsCaseSensitive) {
    const Server server{{.client_ids = "alice,Bob"}};
    RawClient client = server.connect();
    client.send("LOGIN Alice\r\n");
    client.expect_error("unknown-client");
    client.expect_closed();
    server.connect().log_in("alice");
    server.connect().log_in("Bob");
}

TEST(Login, AClientIdMayHave32Characters) {
    const std::string id = "AZaz09_.-23456789012345678901234";
    ASSERT_EQ(id.size(), 32U);
    const Server server{{.client_ids = id + ",2"}};
    RawClient client = server.log_in(id);
    RawClient other = server.log_in("2");
    client.send("SAY hello\r\n");
    other.expect_message(1, id, "hello");
}

TEST(Login, AnUnknownClientIsRefused) {
    const Server server;
    RawClient client = server.connect();
    client.send("LOGIN 4\r\n");
    client.expect_error("unknown-client");
    client.expect_closed();
}

TEST(Login, AnythingButLoginAsTheFirstLineIsRefused) {
    const Server server;
    for (const std::string line : {"PING", "SEND 1 2\r\nhi", "SAY hi", "WHO", "HISTORY 1 1",
                                   "ACK 1", "QUIT", "HELLO", "", "GET / HTTP/1.1"}) {
        RawClient client = server.connect();
        client.send(line + "\r\n");
        client.expect_error("login-first");
        client.expect_closed();
    }
}

TEST(Login, AMalformedLoginMayBeTriedAgain) {
    const Server server;
    const std::string long_id(33, 'x');
    RawClient client = server.connect();
    for (const std::string& line :
         {std::string{"LOGIN"}, std::string{"LOGIN no!such"}, "LOGIN " + long_id,
          std::string{"LOGIN  1"}, std::string{"LOGIN 1 ack=sometimes"}}) {
        client.send(line + "\r\n");
        client.expect_error("bad-line");
    }
    client.log_in("1");
}

TEST(Login, ASecondLoginIsRefusedAndChangesNothing) {
    const Server server;
    RawClient client = server.log_in("1");
    client.send("LOGIN 2\r\n");
    client.expect_error("already-logged-in");
    client.send("LOGIN 1\r\n");
    client.expect_error("already-logged-in");
    client.send("SAY still client 1\r\n");
    client.expect("SENT 1 1");
    server.connect().log_in("2");
    client.expect_pong();
}

TEST(Login, CommandsMayFollowLoginInTheSameWrite) {
    const Server server;
    RawClient client = server.connect();
    client.send("LOGIN 1\r\nSEND 5 3\r\nabc\r\nSEND 6 0\r\n\r\nQUIT\r\n");
    client.expect_verb("WELCOME");
    const auto frames = client.read_until("BYE");
    EXPECT_EQ(count_verb(frames, "SENT"), 2U);
    EXPECT_EQ(frames.back().line, "BYE quit");
    client.expect_closed();
}

TEST(Login, AConnectionWithoutALoginIsClosedAfterTenSeconds) {
    const Server server;
    RawClient silent = server.connect();
    RawClient halting = server.connect();
    RawClient online = server.log_in("2");
    const auto start = Clock::now();
    halting.send("LOGI");
    EXPECT_EQ(halting.next(Milliseconds{15'000}).fields.at(0), "login-timeout");
    halting.expect_closed();
    EXPECT_GT(milliseconds_since(start), 8'000);
    silent.expect_closed();
    online.expect_pong();
}

}  // namespace
}  // namespace belfry::test
