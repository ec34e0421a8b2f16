#include "tests/support/at_a_terminal.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <string>

/// The commands of the interactive belfry on a real terminal, and how it ends and is suspended.
namespace belfry::test {
namespace {

TEST_F(AtATerminal, WhoHistoryAndSearchShowWhatTheServerKnows) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down();
    terminal.enter("/who");
    terminal.expect_end({"-- online: 1 (you), 2; offline: 3 --", "1>"});
    other.send("SAY Apples\r\nSAY pears\r\nSAY more apples\r\n");
    terminal.expect("more apples");
    terminal.enter("/history 2");
    terminal.expect_end(
        {"hh:mm 2: pears", "hh:mm 2: more apples", "-- end of the history --", "1>"});
    terminal.enter("/search apples");
    terminal.expect_end(
        {"hh:mm 2: Apples", "hh:mm 2: more apples", "-- 2 messages contain apples --", "1>"});
    terminal.enter("/search plums");
    terminal.expect_end({"-- 0 messages contain plums --", "1>"});
}

TEST_F(AtATerminal, ASearchGoesThroughTheWholeLog) {
    RawClient other = server_.log_in("2");
    std::string lines = "SAY the needle\r\n";
    for (int number = 2; number <= 1800; ++number) lines += "SAY hay\r\n";
    other.send(lines);
    other.read_until_id(1800);
    server_.log_in("1").quit();
    Terminal& terminal = sit_down();
    terminal.enter("/search Needle");
    terminal.expect_end({"hh:mm 2: the needle", "-- 1 message contains Needle --", "1>"});
}

TEST_F(AtATerminal, ADoubleSlashBeginsAMessageWithASlash) {
    RawClient other = server_.log_in("2");
    Terminal& terminal = sit_down();
    terminal.enter("//etc/passwd");
    expect_sent(other, "/etc/passwd");
    terminal.enter("/me waves");
    expect_sent(other, "/me waves");
    terminal.expect_end({"hh:mm 1: /etc/passwd", "hh:mm * 1 waves", "1>"});
    other.send("SAY /me nods\r\n");
    terminal.expect_end({"hh:mm * 2 nods", "1>"});
    terminal.enter("/nonsense");
    terminal.expect("-- unknown command: /nonsense");
    terminal.enter("/help");
    terminal.expect("/search TEXT");
    terminal.press({"Enter"});
    other.send("SAY nothing between\r\n");
    other.expect("SENT 1 3");
    other.expect("SENT 2 4");
}

TEST_F(AtATerminal, ClientsThatComeAndGoAreShown) {
    Terminal& terminal = sit_down();
    RawClient other = server_.log_in("2");
    terminal.expect_end({"-- 2 is online --", "1>"});
    other.quit();
    terminal.expect_end({"-- 2 is online --", "-- 2 is offline --", "1>"});
}

TEST_F(AtATerminal, CtrlDOnAnEmptyLineOrQuitEndsBelfry) {
    sit_down();
    terminal_->type("ab");
    terminal_->press({"Home", "C-d", "Enter"});  // while there is text, Ctrl-D deletes a character
    terminal_->expect_end({"hh:mm 1: b", "1>"});
    terminal_->press({"C-d"});
    EXPECT_EQ(terminal_->wait(), 0);
    EXPECT_TRUE(terminal_->has_its_modes_back());
    terminal_.reset();
    sit_down();
    terminal_->enter("/quit");
    EXPECT_EQ(terminal_->wait(), 0);
    EXPECT_TRUE(terminal_->has_its_modes_back());
    EXPECT_EQ(terminal_->screen().find("1>"), std::string::npos);
    EXPECT_EQ(server_.client_status("1").at("behind"), 0);
}

TEST_F(AtATerminal, CtrlCClearsTheLineOrEndsBelfry) {
    Terminal& terminal = sit_down();
    terminal.type("some text");
    terminal.expect("1> some text");
    terminal.press({"C-c"});
    terminal.expect_end({"1>"});
    terminal.expect_gone("some text");
    terminal.press({"C-c"});
    EXPECT_EQ(terminal.wait(), 130);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(AtATerminal, ASignalEndsBelfryAndTheTerminalIsRestored) {
    for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
        Terminal& terminal = sit_down();
        ::kill(terminal.pid(), number);
        EXPECT_EQ(terminal.wait(), 128 + number);
        EXPECT_TRUE(terminal.has_its_modes_back()) << number;
        const auto ends_brackets = [&] {
            return terminal.written().find("\x1b[?2004l") != std::string::npos;
        };
        EXPECT_TRUE(eventually(ends_brackets));
        terminal_.reset();
    }
}

TEST_F(AtATerminal, ASecondSignalEndsBelfryAtOnceAndTheTerminalIsRestored) {
    Terminal& terminal = sit_down();
    // The stopped child does not answer QUIT.
    ::kill(server_.child_of("1"), SIGSTOP);
    ::kill(terminal.pid(), SIGTERM);
    ::kill(terminal.pid(), SIGTERM);
    EXPECT_EQ(terminal.wait(), 128 + SIGTERM);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(AtATerminal, AShellCanSuspendAndResumeBelfry) {
    Terminal terminal{{.program = "/bin/bash",
                       .arguments = {"--norc", "--noprofile", "-i"},
                       .environment = {{"PS1", "shell: "}}}};
    terminal.expect("shell:");
    terminal.enter(shell_line(server_.belfry("1")));
    terminal.expect("1>");
    terminal.type("half");
    terminal.expect("1> half");
    terminal.press({"C-z"});
    terminal.expect("Stopped");
    terminal.enter("echo 4$((1+1))");
    terminal.expect("42");
    RawClient other = server_.log_in("2");
    other.send("SAY meanwhile\r\n");
    terminal.enter("fg");
    terminal.expect("2: meanwhile");
    terminal.expect("1> half");
    terminal.type(" a line");
    terminal.press({"Enter"});
    terminal.expect("1: half a line");
}

TEST_F(AtATerminal, AShellThatSuspendsBelfryFindsTheTerminalRestored) {
    const TempDir folder;
    const std::string call = shell_line(server_.belfry("1"));
    // This shell does not restore the modes of the terminal itself.
    Terminal terminal{
        {.program = "/bin/sh",
         .arguments = {"-c", "cd " + folder.path().string() + "; set -m; stty -g > before; " +
                                 call + "; stty -g > stopped; echo it stands; read line; fg"}}};
    const auto count = [&](const std::string& text) {
        const std::string written = terminal.written();
        std::size_t found = 0;
        for (auto at = written.find(text); at != std::string::npos; at = written.find(text, at + 1))
            ++found;
        return found;
    };
    terminal.expect("1>");
    terminal.press({"C-z"});
    terminal.expect("it stands");
    EXPECT_EQ(read_file(folder.path() / "stopped"), read_file(folder.path() / "before"));
    EXPECT_TRUE(eventually([&] { return count("\x1b[?2004l") == 1; }));
    terminal.press({"Enter"});
    terminal.expect("1>");
    EXPECT_TRUE(eventually([&] { return count("\x1b[?2004h") == 2; }));
    terminal.enter("a line");
    terminal.expect("1: a line");
    terminal.press({"C-d"});
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(AtATerminal, BelfryExitsWhenALaterLoginTakesOver) {
    Terminal& terminal = sit_down();
    RawClient later = server_.log_in("1");
    EXPECT_EQ(terminal.wait(), 7);
    EXPECT_TRUE(terminal.has_its_modes_back());
    terminal.expect("-- taken over by a later login of client-id 1 --");
}

TEST_F(AtATerminal, ARefusedLoginIsReported) {
    Terminal terminal{server_.belfry("nobody")};
    EXPECT_EQ(terminal.wait(), 3);
    terminal.expect("-- login refused: unknown-client");
    EXPECT_TRUE(terminal.has_its_modes_back());
}

}  // namespace
}  // namespace belfry::test
