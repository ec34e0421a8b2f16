#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// The program belfry against a real server.
namespace belfry::test {
namespace {

constexpr Milliseconds long_wait{30'000};

std::string ten_thousand_lines() {
    std::string text;
    for (int number = 1; number <= 10'000; ++number) {
        text += "line " + std::to_string(number) +
                std::string(static_cast<std::size_t>(number) % 90, '.') + "\n";
    }
    return text;
}

/// Returns the output of another client for these lines.
std::string expected_output(const std::string& sender, const std::string& text) {
    std::string printed;
    for (const auto& line : lines_of(text))
        printed.append(sender).append(": ").append(line) += '\n';
    return printed;
}

Result run_belfry(const Server& server, const std::string& client_id,
                  std::vector<std::string> more = {}, Input input = {}) {
    Invocation command = server.belfry(client_id, std::move(more));
    command.input = std::move(input);
    return run(command, long_wait);
}

void say(const Server& server, const std::string& client_id,
         const std::vector<std::string>& texts) {
    RawClient sender = server.log_in(client_id);
    for (std::size_t index = 0; index < texts.size(); ++index) {
        sender.send_message(sender.last_id() + 1, texts[index]);
        sender.read_until("SENT");
    }
    sender.quit();
}

TEST(Belfry, SendsEveryLineOfAFileAndPrintsWhatOthersSent) {
    const Server server;
    const TempDir folder;
    const std::string text = ten_thousand_lines();
    const auto file = folder.write("text", text);
    const Result sent = run_belfry(server, "1", {}, Input::file(file));
    EXPECT_EQ(sent.status, 0) << sent.err;
    EXPECT_EQ(sent.out, "");
    EXPECT_EQ(sent.err, "");
    const Result read = run_belfry(server, "2");
    EXPECT_EQ(read.status, 0) << read.err;
    EXPECT_TRUE(read.out == expected_output("1", text));
    // Every message has been acknowledged, including those that the client sent itself.
    EXPECT_EQ(run_belfry(server, "2").out, "");
    EXPECT_EQ(server.client_status("1").at("behind"), 0);
    EXPECT_EQ(server.client_status("2").at("behind"), 0);
}

TEST(Belfry, SendsLinesUnchangedEvenALastOneWithoutNewline) {
    const Server server;
    const TempDir folder;
    RawClient reader = server.log_in("2");
    const std::string text = "first\n\n  spaces  \nümlaut\tand tab\nlast";
    EXPECT_EQ(run_belfry(server, "1", {}, Input::file(folder.write("text", text))).status, 0);
    reader.expect_message(1, "1", "first");
    reader.expect_message(2, "1", "");
    reader.expect_message(3, "1", "  spaces  ");
    reader.expect_message(4, "1", "ümlaut\tand tab");
    reader.expect_message(5, "1", "last");
    RawClient fence = server.log_in("3");
    fence.send("SAY nothing between\r\n");
    reader.expect_message(6, "3", "nothing between");
}

TEST(Belfry, PrintsTheBytesOfAMessageUnchangedIntoAPipe) {
    const Server server;
    RawClient other = server.log_in("2");
    const std::string bytes = "x\n3: y\u202e\x1b[2J\r\xff";
    other.send_message(1, bytes);
    other.read_until_id(1);
    EXPECT_EQ(run(server.belfry("1")).out, "2: " + bytes + "\n");
}

TEST(Belfry, SendsNothingForAnEmptyFile) {
    const Server server;
    const Result result = run_belfry(server, "1");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(server.connect().log_in("2").option("last"), "0");
}

TEST(Belfry, SendsATypedLineAtOnceAndPrintsAnswers) {
    const Server server;
    RawClient other = server.log_in("2");
    Invocation command = server.belfry("1");
    command.input = Input::pipe();
    Process belfry{command};
    belfry.write("hello\n");
    other.expect_message(1, "1", "hello");
    other.send("SAY hello yourself\r\n");
    EXPECT_TRUE(eventually([&] { return belfry.out() == "2: hello yourself\n"; })) << belfry.out();
    belfry.write("half a ");
    belfry.write("line\n");
    other.expect("SENT 1 2");
    other.expect_message(3, "1", "half a line");
    belfry.close_input();
    EXPECT_EQ(belfry.wait(), 0) << belfry.err();
}

TEST(Belfry, WithFollowKeepsRunningAfterTheEndOfInput) {
    const Server server;
    Process belfry{server.belfry("1", {"--follow"})};
    say(server, "2", {"one"});
    EXPECT_TRUE(eventually([&] { return belfry.out() == "2: one\n"; })) << belfry.out();
    say(server, "3", {"two"});
    EXPECT_TRUE(eventually([&] { return belfry.out() == "2: one\n3: two\n"; })) << belfry.out();
    EXPECT_TRUE(belfry.is_running());
}

TEST(Belfry, WithCountExitsAfterThatManyMessages) {
    const Server server;
    say(server, "2", {"a", "b", "c", "d"});
    const Result first = run_belfry(server, "1", {"--count", "3"});
    EXPECT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(first.out, "2: a\n2: b\n2: c\n");
    // The message that belfry did not print has not been acknowledged.
    const Result rest = run_belfry(server, "1");
    EXPECT_EQ(rest.out, "2: d\n");
}

TEST(Belfry, WithCountWaitsForMessagesThatAreNotSentYet) {
    const Server server;
    Process belfry{server.belfry("1", {"--follow", "--count", "2"})};
    say(server, "2", {"a"});
    EXPECT_TRUE(eventually([&] { return belfry.out() == "2: a\n"; }));
    say(server, "2", {"b"});
    EXPECT_EQ(belfry.wait(), 0) << belfry.err();
    EXPECT_EQ(belfry.out(), "2: a\n2: b\n");
}

TEST(Belfry, WithCountSendsAllLinesOfItsInput) {
    const Server server;
    const TempDir folder;
    say(server, "2", {"a"});
    const std::string text = ten_thousand_lines();
    const Result result =
        run_belfry(server, "1", {"--count", "1"}, Input::file(folder.write("text", text)));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "2: a\n");
    EXPECT_TRUE(run_belfry(server, "3").out == "2: a\n" + expected_output("1", text));
}

TEST(Belfry, WithPeekDoesNotMoveTheCursor) {
    const Server server;
    say(server, "2", {"a", "b"});
    for (int round = 0; round < 2; ++round) {
        const Result result = run_belfry(server, "1", {"--peek"});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.out, "2: a\n2: b\n");
    }
    EXPECT_EQ(run_belfry(server, "1").out, "2: a\n2: b\n");
    EXPECT_EQ(run_belfry(server, "1").out, "");
}

TEST(Belfry, WithJsonPrintsOneObjectPerLine) {
    const Server server;
    say(server, "2",
        {"plain", "\"quoted\" \\ ümlaut\n\ttwo lines\x01", std::string{"\xff\x00z", 3}, ""});
    const Result result = run_belfry(server, "1", {"--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto lines = lines_of(result.out);
    ASSERT_EQ(lines.size(), 4U) << result.out;
    std::vector<nlohmann::json> messages;
    for (const auto& line : lines) messages.push_back(nlohmann::json::parse(line));
    for (std::size_t index = 0; index < messages.size(); ++index) {
        EXPECT_EQ(messages[index].at("id"), index + 1);
        EXPECT_EQ(messages[index].at("from"), "2");
        EXPECT_GT(messages[index].at("time"), 1'600'000'000'000);
    }
    EXPECT_EQ(messages[0].at("text"), "plain");
    EXPECT_EQ(messages[1].at("text"), "\"quoted\" \\ ümlaut\n\ttwo lines\x01");
    EXPECT_EQ(messages[2].at("data"), "/wB6");
    EXPECT_FALSE(messages[2].contains("text"));
    EXPECT_EQ(messages[3].at("text"), "");
}

TEST(Belfry, ExitsWith3IfTheLoginIsRefused) {
    const Server server;
    const Result result = run_belfry(server, "unknown");
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
}

TEST(Belfry, ExitsWith4IfNoServerListens) {
    Server server;
    EXPECT_EQ(server.stop(), 0);
    const Result result = run_belfry(server, "1");
    EXPECT_EQ(result.status, 4) << result.err;
    EXPECT_GE(std::ranges::count(result.err, '\n'), 1);
}

TEST(Belfry, ExitsWith5AfterTheTimeout) {
    const Server server;
    const Result result = run_belfry(server, "1", {"--follow", "--count", "1", "--timeout", "0.3"});
    EXPECT_EQ(result.status, 5) << result.err;
}

TEST(Belfry, ExitsWith6IfALineIsRefusedAndSendsTheOthers) {
    const Server server{{.more = {"--max-payload", "10"}}};
    const TempDir folder;
    RawClient reader = server.log_in("2");
    const Result result = run_belfry(
        server, "1", {}, Input::file(folder.write("text", "short\nmuch too long\nok\n")));
    EXPECT_EQ(result.status, 6) << result.err;
    reader.expect_message(1, "1", "short");
    reader.expect_message(2, "1", "ok");
}

TEST(Belfry, ExitsWith7AfterATakeOver) {
    const Server server;
    Process belfry{server.belfry("1", {"--follow"})};
    ASSERT_TRUE(eventually([&] { return server.client_status("1").at("online").get<bool>(); }));
    RawClient later = server.log_in("1");
    EXPECT_EQ(belfry.wait(), 7) << belfry.err();
    later.expect_pong();
}

TEST(Belfry, ReconnectsAfterItsSessionIsKilledAndPrintsNothingTwice) {
    const Server server;
    Process belfry{server.belfry("1", {"--follow"})};
    std::string expected;
    for (int round = 0; round < 5; ++round) {
        const std::string text = "round " + std::to_string(round);
        say(server, "2", {text});
        expected += "2: " + text + "\n";
        ASSERT_TRUE(eventually([&] { return belfry.out() == expected; })) << belfry.out();
        ::kill(server.child_of("1"), SIGKILL);
    }
    say(server, "2", {"the end"});
    EXPECT_TRUE(eventually([&] { return belfry.out() == expected + "2: the end\n"; }))
        << belfry.out();
}

TEST(Belfry, ReconnectsAfterTheServerIsKilledAndStartedAgain) {
    Server server;
    Invocation command = server.belfry("1", {"--follow"});
    command.input = Input::pipe();
    Process belfry{command};
    belfry.write("before\n");
    RawClient before = server.connect();
    before.log_in("2", "ack=manual");
    before.read_until_id(1);
    server.kill_all();
    belfry.write("in between\n");
    server.start();
    RawClient after = server.connect();
    after.log_in("2", "ack=manual");
    after.read_until_id(1);
    // If message 2 was appended before the login, it is part of the backlog and precedes LIVE.
    if (count_verb(after.read_until_id(2), "LIVE") == 0) after.read_until("LIVE");
    belfry.write("after\n");
    after.expect_message(3, "1", "after");
    after.send("SAY good night\r\n");
    EXPECT_TRUE(eventually([&] { return belfry.out() == "2: good night\n"; }, long_wait))
        << belfry.out() << belfry.err();
    EXPECT_TRUE(belfry.is_running());
}

TEST(Belfry, ExitsIfNobodyReadsItsOutput) {
    const Server server;
    std::vector<std::string> texts(50, std::string(8000, 'x'));
    say(server, "2", texts);
    const Invocation belfry = server.belfry("1", {"--follow"});
    std::string line = "{ '" + belfry.program.string() + "'";
    for (const auto& argument : belfry.arguments) line += " '" + argument + "'";
    line += "; } | head -c 100 > /dev/null; echo ended";
    const Result result = run({"/bin/bash", {"-c", line}});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "ended\n") << result.err;
}

}  // namespace
}  // namespace belfry::test
