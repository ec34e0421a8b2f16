#include "tests/support/at_a_terminal.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// The interactive belfry on a real terminal, with a real server.
namespace belfry::test {
namespace {

TEST_F(AtATerminal, AMessageAppearsAboveTheLineBeingTyped) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down();
    terminal.type("half 漢字 é");
    terminal.press({"Left", "Left"});
    terminal.expect("1> half 漢字 é");
    // The screen looks the same before and after the cursor moves, so the cursor is waited for.
    EXPECT_TRUE(eventually([&] { return terminal.cursor().first == 3 + 5 + 4; }));
    const auto cursor = terminal.cursor();
    other.send("SAY hello\r\nSAY 漢字 too\r\n");
    terminal.expect_end({"hh:mm 2: hello", "hh:mm 2: 漢字 too", "1> half 漢字 é"});
    EXPECT_EQ(terminal.cursor().first, cursor.first);
    EXPECT_EQ(cursor.first, 3 + 5 + 4);
    terminal.type("X");
    terminal.press({"Enter"});
    expect_sent(other, "half 漢字X é");
    terminal.expect_end({"hh:mm 1: half 漢字X é", "1>"});
}

TEST_F(AtATerminal, ALongTypedLineSurvivesMessagesAndResizes) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down({}, {.columns = 40, .rows = 20});
    // The line must not be at the top, where a narrower terminal would push rows out for good.
    for (int number = 1; number <= 16; ++number) other.send("SAY before\r\n");
    const std::string text = "0123456789 123456789 123456789 123456漢字 é and some more words";
    terminal.type(text);
    const Rows at_40{"1> 0123456789 123456789 123456789 123456", "漢字 é and some more words"};
    terminal.expect_end(at_40);
    terminal.press({"Left", "Left", "Left"});
    other.send("SAY one\r\n");
    terminal.expect_end({"hh:mm 2: one", at_40[0], at_40[1]});
    // These widths put a blank, or a wide character that does not fit, at the end of a row.
    for (const int columns : {24, 42, 17, 60, 41, 40}) {
        terminal.resize({.columns = columns, .rows = 20});
        const std::string message = "at " + std::to_string(columns);
        other.send("SAY " + message + "\r\n");
        terminal.expect("2: " + message);
        terminal.expect("some");
        const std::string screen = terminal.screen();
        const auto first = screen.find("1> 0123");
        EXPECT_NE(first, std::string::npos) << screen;
        EXPECT_EQ(screen.find("1> 0123", first + 1), std::string::npos) << screen;
    }
    terminal.expect_end({"hh:mm 2: at 40", at_40[0], at_40[1]});
    terminal.type("X");
    terminal.press({"Enter"});
    expect_sent(other, "0123456789 123456789 123456789 123456漢字 é and some more woXrds");
    for (const auto* message : {"one", "at 24", "at 42", "at 17", "at 60", "at 41", "at 40"}) {
        EXPECT_NE(terminal.everything().find(message), std::string::npos) << message;
    }
}

TEST_F(AtATerminal, FiveHundredPastedLinesBecomeFiveHundredMessages) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down();
    std::string text;
    for (int number = 1; number <= 500; ++number) {
        text += "line " + std::to_string(number) + "\twith a tab\n";
    }
    terminal.paste(text + "the rest");
    for (int number = 1; number <= 500; ++number) {
        expect_sent(other, "line " + std::to_string(number) + "\twith a tab");
    }
    terminal.expect("1> the rest");
    terminal.expect_gone("...");
    EXPECT_NE(terminal.everything().find("1: line 1 "), std::string::npos);
    other.send("SAY still there\r\n");
    terminal.expect_end({"hh:mm 2: still there", "1> the rest"});
}

TEST_F(AtATerminal, APasteThatTheTerminalDoesNotBracketIsSentToo) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down({}, {}, {{"TERM", "screen"}});
    std::string text;
    for (int number = 1; number <= 500; ++number) text += "line " + std::to_string(number) + "\n";
    terminal.paste(text);
    for (int number = 1; number <= 500; ++number) {
        expect_sent(other, "line " + std::to_string(number));
    }
    terminal.expect_end({"hh:mm 1: line 500", "1>"});
}

TEST_F(AtATerminal, BelfryReconnectsAfterItsSessionIsKilledAndKeepsTheTypedText) {
    Terminal& terminal = sit_down();
    terminal.type("half");
    terminal.expect("1> half");
    ::kill(server_.child_of("1"), SIGKILL);
    terminal.expect_end(
        {"-- connection lost: closed by the server --", "-- reconnected --", "1> half"});
    terminal.type(" a line");
    terminal.press({"Enter"});
    terminal.expect_end({"hh:mm 1: half a line", "1>"});
}

TEST_F(AtATerminal, TextTypedWithoutAServerIsKeptAndSent) {
    Terminal& terminal = sit_down();
    terminal.type("half");
    terminal.expect("1> half");
    server_.kill_all();
    terminal.expect("not connected, ");
    terminal.expect("retrying in ");
    terminal.type(" a line");
    terminal.press({"Enter"});
    terminal.expect("... half a line");
    terminal.type("more");
    terminal.expect("1> more");
    EXPECT_EQ(terminal.screen().find("1: half a line"), std::string::npos);
    terminal.enter(" /who");
    terminal.enter("/who");
    terminal.expect("-- not connected; ask again after the connection is back --");
    server_.start();
    terminal.expect("-- reconnected --");
    terminal.expect_end({"hh:mm 1: half a line", "hh:mm 1: more /who", "1>"});
    terminal.expect_gone("... half");
    RawClient other = server_.connect();
    other.log_in("2");
    other.expect_message(1, "1", "half a line");
}

TEST(Terminal, TabCompletesClientIdsAndCommands) {
    const Server server{{.client_ids = "ann,bob,bobby"}};
    Terminal terminal{server.belfry("ann")};
    terminal.expect("ann>");
    terminal.type("bo");
    terminal.press({"Tab"});
    terminal.expect("ann> bob");
    terminal.press({"Tab"});
    terminal.expect_end({"bob  bobby", "ann> bob"});
    terminal.type("b");
    terminal.press({"Tab"});
    terminal.type("hi");
    terminal.expect("ann> bobby hi");
    terminal.press({"C-c"});
    terminal.expect_end({"bob  bobby", "ann>"});
    terminal.type("/hi");
    terminal.press({"Tab"});
    terminal.type("3");
    terminal.expect("ann> /history 3");
}

TEST(Terminal, AMentionIsHighlightedAndRingsTheBell) {
    const Server server{{.client_ids = "ann,bob"}};
    Terminal terminal{server.belfry("ann")};
    terminal.expect("ann>");
    RawClient bob = server.log_in("bob");
    bob.send("SAY planning joann-marie\r\n");
    terminal.expect("bob: planning joann-marie");
    EXPECT_EQ(terminal.written().find('\a'), std::string::npos);
    bob.send("SAY hello Ann.\r\n");
    terminal.expect("bob: hello Ann.");
    EXPECT_TRUE(eventually([&] { return terminal.written().find('\a') != std::string::npos; }));
    // `ESC [7m` is reverse video.
    EXPECT_NE(terminal.screen(true).find("hello \x1b[7mAnn\x1b[0m"), std::string::npos)
        << terminal.screen(true);
}

TEST_F(AtATerminal, TheBacklogIsDimmedBelowItsHeadlineAndAboveADivider) {
    RawClient other = server_.log_in("2");
    other.send("SAY one\r\nSAY two\r\n");
    other.read_until_id(2);
    Terminal& terminal = sit_down();
    other.send("SAY three\r\n");
    terminal.expect_end({"-- 2 messages since hh:mm --", "hh:mm 2: one", "hh:mm 2: two",
                         "-- new messages --", "hh:mm 2: three", "1>"});
    const std::string screen = without_times(terminal.screen(true));
    EXPECT_NE(screen.find("\x1b[0;2m"), std::string::npos) << screen;
    // The sender of a new message has a colour.
    EXPECT_EQ(screen.find("hh:mm 2: three"), std::string::npos) << screen;
    EXPECT_NE(screen.find("hh:mm \x1b[38;5;"), std::string::npos) << screen;
}

/// True if belfry uses colours or other attributes for a backlog, a mention and messages of two
/// clients.
bool is_painted(const Environment& environment, const std::vector<std::string>& more) {
    const Server server{{.client_ids = "ann,bob"}};
    RawClient bob = server.log_in("bob");
    bob.send("SAY an old message\r\n");
    bob.read_until_id(1);
    Invocation command = server.belfry("ann", more);
    command.environment = environment;
    Terminal terminal{command};
    terminal.expect("ann>");
    bob.send("SAY hello ann\r\n");
    terminal.expect("bob: hello ann");
    terminal.enter("hello");
    terminal.expect_end({"hh:mm bob: hello ann", "hh:mm ann: hello", "ann>"});
    return terminal.screen(true) != terminal.screen();
}

TEST(Terminal, NoColorAndTheColorOptionDecideWhetherColoursAreUsed) {
    EXPECT_TRUE(is_painted({}, {}));
    EXPECT_FALSE(is_painted({{"NO_COLOR", "1"}}, {}));
    EXPECT_TRUE(is_painted({{"NO_COLOR", "1"}}, {"--color", "always"}));
    EXPECT_FALSE(is_painted({}, {"--color", "never"}));
    EXPECT_TRUE(is_painted({{"NO_COLOR", ""}}, {}));
}

TEST_F(AtATerminal, EscapeSequencesInMessagesHaveNoEffect) {
    const std::string bad =
        "\x1b[2J\x1b]0;title\x07\r\x9b"
        "31m\xc2\x9b"
        "32m\b\x7f";
    const std::string shown = "?[2J?]0;title???31m?32m??";
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down();
    other.send_message(1, bad + "x\nhh:mm 3: not by 3");
    terminal.expect_end({"hh:mm 2: " + shown + "x", "      | hh:mm 3: not by 3", "1>"});
    EXPECT_EQ(terminal.written().find("\x1b[2J"), std::string::npos);
    EXPECT_EQ(terminal.written().find("\x1b]0;"), std::string::npos);
    terminal.enter("/search title");
    terminal.expect("-- 1 message contains title --");
    terminal.enter("/history 1");
    terminal.expect("-- end of the history --");
    EXPECT_EQ(terminal.written().find("\x1b[2J"), std::string::npos);
    EXPECT_EQ(terminal.written().find("\x1b]0;"), std::string::npos);
}

TEST_F(AtATerminal, EscapeSequencesHaveNoEffectWithoutAKeyboard) {
    const std::string call = "exec " + shell_line(server_.belfry("1", {"--follow"}));
    Terminal terminal{{.program = "/bin/sh", .arguments = {"-c", call + " < /dev/null"}}};
    RawClient other = server_.log_in("2");
    other.send_message(1, "\x1b[2J\x1b]0;title\x07 done");
    terminal.expect("2: ?[2J?]0;title? done");
    EXPECT_EQ(terminal.written().find('\x1b'), std::string::npos);
    EXPECT_EQ(terminal.screen().find("1>"), std::string::npos);
}

TEST_F(AtATerminal, AMessageCannotImitateAnotherWithoutAKeyboard) {
    const std::string call = "exec " + shell_line(server_.belfry("1", {"--follow"}));
    Terminal terminal{{.program = "/bin/sh", .arguments = {"-c", call + " < /dev/null"}}};
    RawClient other = server_.log_in("2");
    other.send_message(1, "x\n3: pay eve\u202e\u2066\u200b done");
    terminal.expect_end({"2: x", "      | 3: pay eve??? done"});
}

TEST(Terminal, JsonOfBelfryctlIsAsciiOnATerminal) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "\u00fc\u009b2J\u202e\x7f");
    client.read_until_id(1);
    for (const Rows& words : {Rows{"log"}, Rows{"search", "2J"}, Rows{"export"}}) {
        Invocation command{program("belfryctl"),
                           {"--data-dir", server.data_dir().string(), "--json"}};
        command.arguments.insert(command.arguments.end(), words.begin(), words.end());
        Terminal terminal{command};
        terminal.expect("\\u00fc");
        EXPECT_EQ(terminal.wait(), 0);
        const std::string written = terminal.written();
        EXPECT_TRUE(std::ranges::none_of(written, [](unsigned char c) { return c >= 0x7f; }))
            << written;
    }
}

TEST_F(AtATerminal, BelfryWithJsonIsNotInteractive) {
    Terminal terminal{server_.belfry("1", {"--json"})};
    RawClient other = server_.log_in("2");
    other.send_message(1, "hello");
    terminal.expect("\"text\":\"hello\"");
    terminal.enter("a line");
    other.read_until_id(2);
    EXPECT_EQ(terminal.screen().find("1>"), std::string::npos);
}

TEST_F(AtATerminal, ATerminalThatCannotMoveItsCursorIsReadLineByLine) {
    Invocation command = server_.belfry("1");
    command.environment = {{"TERM", "dumb"}};
    Terminal terminal{command};
    RawClient other = server_.log_in("2");
    terminal.enter("a line");
    expect_sent(other, "a line");
    other.send_message(1, "hello");
    terminal.expect("2: hello");
    EXPECT_EQ(terminal.screen().find("1>"), std::string::npos);
    EXPECT_EQ(terminal.written().find('\x1b'), std::string::npos);
    terminal.press({"C-d"});
    EXPECT_EQ(terminal.wait(), 0);
}

TEST_F(AtATerminal, ALineThatFillsMoreThanTheScreenIsSentWhole) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down({}, {.columns = 20, .rows = 6});
    std::string text;
    for (int number = 100; number < 160; ++number) text += std::to_string(number) + " ";
    text += "end";
    terminal.type(text);
    terminal.expect("59 end");
    other.send("SAY meanwhile\r\n");
    terminal.expect("59 end");
    terminal.press({"Enter"});
    expect_sent(other, text);
    terminal.expect_end({"1>"});
    EXPECT_TRUE(eventually(
        [&] { return terminal.everything().find("2: meanwhile") != std::string::npos; }));
}

TEST_F(AtATerminal, TheInputHistoryIsSavedAndReadableOnlyByItsOwner) {
    const TempDir state;
    const Environment environment{{"XDG_STATE_HOME", state.path().string()}};
    sit_down({}, {}, environment);
    terminal_->enter("the first line");
    terminal_->enter("the second line");
    terminal_->expect("1: the second line");
    terminal_->press({"C-d"});
    EXPECT_EQ(terminal_->wait(), 0);
    struct stat status {};
    ASSERT_EQ(::stat((state.path() / "belfry/history").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
    ASSERT_EQ(::stat((state.path() / "belfry").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700U);
    terminal_.reset();

    Terminal& terminal = sit_down({}, {}, environment);
    terminal.press({"Up"});
    terminal.expect("1> the second line");
    terminal.press({"Up"});
    terminal.expect("1> the first line");
    terminal.press({"C-c"});
    terminal.expect_gone("the first line");
    terminal.press({"C-r"});
    terminal.type("sec");
    terminal.expect("bck:sec");
    RawClient other = server_.log_in("2");
    other.send("SAY meanwhile\r\n");
    terminal.expect_end(
        {"-- 2 is online --", "hh:mm 2: meanwhile", "1> the second line", "bck:sec"});
    terminal.press({"Enter"});
    terminal.expect_end({"hh:mm 1: the second line", "1>"});
}

}  // namespace
}  // namespace belfry::test
