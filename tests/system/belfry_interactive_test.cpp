#include "tests/support/running_belfry.hpp"
#include "tests/support/terminal.hpp"

#include <gtest/gtest.h>

#include <string>

/// The interactive belfry on a real terminal. The test plays the server.
namespace belfry::test {
namespace {

class ClientTtyView : public ::testing::Test {
  protected:
    FakeSession let_in(std::uint64_t cursor, std::uint64_t last) {
        FakeSession session = welcome(cursor, last);
        name_clients(session);
        return session;
    }

    FakeSession welcome(std::uint64_t cursor, std::uint64_t last) {
        FakeSession session = server.accept();
        session.expect("LOGIN 1 ack=manual presence=on");
        session.say("WELCOME 1 cursor=" + std::to_string(cursor) + " last=" + std::to_string(last) +
                    " seq=0 server=fake/1 epoch=a1 max-payload=65536\r\n");
        return session;
    }

    /// Answers the question for the names that belfry completes, which it asks at each login.
    static void name_clients(FakeSession& session) {
        session.expect("WHO");
        session.say("USER 1 online cursor=0\r\nEND\r\n");
    }

    static std::string message(std::uint64_t id, std::string_view text) {
        return "MSG " + std::to_string(id) + " bob 1700845380000 " + std::to_string(text.size()) +
               "\r\n" + std::string{text} + "\r\n";
    }

    FakeServer server;
    Terminal terminal{belfry_command(server.port())};
};

TEST_F(ClientTtyView, ALineIsShownAsPendingUntilItIsConfirmed) {
    auto session = let_in(0, 0);
    session.say("LIVE 0\r\n");
    terminal.expect("1>");
    terminal.enter("one");
    terminal.enter("two");
    session.expect_send(1, "one");
    session.expect_send(2, "two");
    terminal.expect_end({"... one", "... two", "1>"});
    session.say("SENT 1 1\r\n");
    terminal.expect_end({"hh:mm 1: one", "... two", "1>"});
    session.say("DUP 2\r\n");
    terminal.expect_end({"hh:mm 1: one", "hh:mm 1: two", "1>"});
}

TEST_F(ClientTtyView, ARefusedLineIsReported) {
    auto session = let_in(0, 0);
    session.say("LIVE 0\r\n");
    terminal.enter("one");
    session.expect_send(1, "one");
    session.say("ERR too-large 1 too long\r\n");
    terminal.expect_end({"-- not accepted: one: too-large: too long --", "1>"});
    terminal.press({"C-d"});
    session.let_go();
    EXPECT_EQ(terminal.wait(), 6);
}

TEST_F(ClientTtyView, AfterCtrlDBelfryWaitsUntilItsLinesAreConfirmed) {
    auto session = let_in(0, 0);
    session.say("LIVE 0\r\n");
    terminal.enter("one");
    session.expect_send(1, "one");
    terminal.press({"C-d"});
    terminal.expect_gone("1>");
    terminal.expect("... one");
    session.say("SENT 1 1\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_end({"hh:mm 1: one"});
}

TEST_F(ClientTtyView, AnUnconfirmedLineIsReportedAtTheEnd) {
    auto session = let_in(0, 0);
    session.say("LIVE 0\r\n");
    terminal.enter("one");
    session.expect_send(1, "one");
    terminal.press({"C-c"});
    session.let_go();
    EXPECT_EQ(terminal.wait(), 130);
    terminal.expect_end({"-- not confirmed: one --"});
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(ClientTtyView, ALargePasteDoesNotBlockWhileTheServerDoesNotAnswer) {
    auto session = let_in(0, 0);
    session.say("LIVE 0\r\n");
    terminal.expect("1>");
    std::string text;
    for (int number = 1; number <= 500; ++number) text += "line " + std::to_string(number) + "\n";
    terminal.paste(text);
    terminal.expect_end({"... line 1", "... line 2", "... line 3", "... line 4", "... line 5",
                         "... 500 messages not confirmed yet", "1>"});
    terminal.type("more");
    terminal.expect("1> more");
    session.say(message(1, "meanwhile"));
    terminal.expect("bob: meanwhile");
    std::string answers;
    for (int number = 1; number <= 500; ++number) {
        session.expect_send(static_cast<std::uint64_t>(number), "line " + std::to_string(number));
        answers += "SENT " + std::to_string(number) + " " + std::to_string(number + 1) + "\r\n";
    }
    session.expect("ACK 1");
    session.say(answers);
    terminal.expect_end({"hh:mm 1: line 499", "hh:mm 1: line 500", "1> more"});
}

TEST_F(ClientTtyView, ABacklogIsAcknowledgedAfterItIsShown) {
    auto session = let_in(3, 5);
    session.say(message(4, "one"));
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say(message(5, "two") + "LIVE 5\r\n" + message(6, "three"));
    EXPECT_TRUE(session.line().starts_with("ACK "));
    terminal.expect("-- 2 messages since Friday 24 November 2023");
    terminal.expect("-- new messages --");
    const auto rows = terminal.rows();
    ASSERT_GE(rows.size(), 6U);
    EXPECT_EQ(rows[1], "-- Friday 24 November 2023 --");
    EXPECT_TRUE(rows[2].ends_with("bob: one")) << rows[2];
    EXPECT_TRUE(rows[5].ends_with("bob: three")) << rows[5];
}

TEST_F(ClientTtyView, ALargeBacklogShowsItsProgress) {
    auto session = let_in(0, 40'000);
    std::string first;
    for (std::uint64_t id = 1; id <= 1200; ++id) first += message(id, "text");
    session.say(first);
    terminal.expect("catching up: 1200 of 40000 messages");
    session.say("GAP 1201 40000\r\nLIVE 40000\r\n");
    terminal.expect("-- new messages --");
    terminal.expect_gone("catching up");
}

TEST_F(ClientTtyView, AnInterruptedBacklogIsShownOnce) {
    {
        auto session = let_in(0, 2);
        session.say(message(1, "one"));
        session.say("BYE shutting-down\r\n");
        session.close();
    }
    terminal.expect("bob: one");
    auto session = welcome(0, 2);
    session.expect("ACK 1");
    name_clients(session);
    session.say(message(1, "one") + message(2, "two") + "LIVE 2\r\n");
    terminal.expect("bob: two");
    const std::string screen = terminal.screen();
    EXPECT_EQ(screen.find("bob: one"), screen.rfind("bob: one")) << screen;
    terminal.expect("-- connection lost: closed by the server: shutting-down --");
    terminal.expect("-- reconnected --");
}

TEST_F(ClientTtyView, WithoutAServerBelfryShowsWhenItRetries) {
    {
        auto session = let_in(0, 0);
        session.say("LIVE 0\r\n");
        terminal.expect("1>");
        server.stop_listening();
    }
    terminal.expect("not connected, retrying in 1 s; typed lines are kept");
    terminal.enter("kept");
    terminal.press({"C-d"});
    terminal.expect("... kept");
    server.listen_again();
    auto session = welcome(0, 0);
    session.expect_send(1, "kept");
    name_clients(session);
    session.say("LIVE 0\r\nSENT 1 1\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(ClientTtyView, ACommandThatALostConnectionInterruptedCanBeRepeated) {
    {
        auto session = let_in(0, 0);
        session.say("LIVE 0\r\n");
        terminal.enter("/history 5");
        session.expect("HISTORY 1 5");
    }
    terminal.expect("-- the connection was lost before the answer came; ask again --");
    auto session = welcome(0, 0);
    session.expect("HISTORY 1 5");  // the library asks again
    name_clients(session);
    session.say("LIVE 0\r\nEND 0 0\r\n");
    terminal.enter("/history 5");
    session.expect("HISTORY 1 5");
    session.say("END 0 0\r\n");
    terminal.expect_end({"-- no messages --", "1>"});
}

TEST_F(ClientTtyView, ASearchCanBeCancelled) {
    auto session = let_in(2000, 2000);
    session.say("LIVE 2000\r\n");
    terminal.enter("/search text");
    session.expect("HISTORY 1501 500");
    session.say("PAST 1600 bob 1700845380000 4\r\ntext\r\nEND 1600 1600\r\n");
    session.expect("HISTORY 1001 500");
    terminal.expect("searching: 1000 of 2000 messages");
    terminal.press({"C-c"});
    terminal.expect("-- the newest 1 message contains text --");
    session.say("END 0 0\r\n");
    terminal.enter("still there");
    session.expect_send(1, "still there");
}

TEST(ClientProgress, ALargeFileShowsItsProgress) {
    FakeServer server;
    const TempDir folder;
    const auto file = folder.write("text", "one\ntwo\n");
    const std::string call = "exec " + shell_line(belfry_command(server.port()));
    Terminal terminal{
        {.program = "/bin/sh", .arguments = {"-c", call + " < " + file.string() + " > /dev/null"}}};
    auto session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    session.expect_send(1, "one");
    session.expect_send(2, "two");
    session.say("SENT 1 1\r\n");
    session.expect("ACK 1");
    terminal.expect("belfry: lines accepted: 1, input read: 100 %");
    session.say("SENT 2 2\r\n");
    session.expect("ACK 2");
    session.let_go();
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("accepted");
}

TEST(ClientProgress, ALargeBacklogShowsItsProgress) {
    FakeServer server;
    const std::string call = "exec " + shell_line(belfry_command(server.port()));
    Terminal terminal{
        {.program = "/bin/sh", .arguments = {"-c", call + " < /dev/null > /dev/null"}}};
    auto session = server.accept();
    session.let_in();
    session.say("MSG 7 bob 1700845380000 3\r\none\r\n");
    session.expect("ACK 7");
    terminal.expect("belfry: catching up: 7 of 9999 messages");
    session.say("LIVE 9999\r\n");
    session.let_go();
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("catching up");
}

}  // namespace
}  // namespace belfry::test
