#include "tests/support/running_belfry.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/wait.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

/// belfry prints and acknowledges messages. The test plays the server.
namespace belfry::test {
namespace {

using namespace std::string_literals;

TEST(BelfryReceiving, MessagesArePrintedAndThenAcknowledgedOncePerBatch) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in(0, 4);
    session.say("MSG 5 bob 1 2\r\nhi\r\nSENT 3 6\r\nMSG 7 eve 2 5\r\na\0b\xff\n\r\n"s);
    session.expect("ACK 7");
    EXPECT_EQ(belfry.process.out(), "bob: hi\neve: a\0b\xff\n\n"s);
    session.say("LIVE 7\r\n");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfryReceiving, JsonOutputIsOneObjectPerMessage) {
    RunningBelfry belfry{{"--json"}};
    auto session = belfry.server.accept();
    session.let_in();
    session.say("MSG 1 bob 17 2\r\nhi\r\nMSG 2 bob 18 1\r\n\xff\r\nLIVE 2\r\n");
    session.expect("ACK 2");
    EXPECT_EQ(belfry.finish(session), 0);
    const auto lines = lines_of(belfry.process.out());
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(nlohmann::json::parse(lines[0]),
              (nlohmann::json{{"id", 1}, {"from", "bob"}, {"time", 17}, {"text", "hi"}}));
    EXPECT_EQ(nlohmann::json::parse(lines[1]),
              (nlohmann::json{{"id", 2}, {"from", "bob"}, {"time", 18}, {"data", "/w=="}}));
}

TEST(BelfryReceiving, ColoursFromTheEnvironmentAreUsedOnlyOnATerminal) {
    const auto printed = [](const std::vector<std::string>& more) {
        FakeServer server;
        Invocation command = belfry_command(server.port(), more);
        command.environment = {{"BELFRY_COLOR", "always"}, {"TERM", "tmux-256color"}};
        Process belfry{command};
        auto session = server.accept();
        session.let_in();
        session.say("MSG 1 bob 17 2\r\nhi\r\nLIVE 1\r\n");
        session.expect("ACK 1");
        session.let_go();
        EXPECT_EQ(belfry.wait(), 0);
        return belfry.out();
    };
    EXPECT_EQ(printed({}), "bob: hi\n");
    EXPECT_NE(printed({"--color", "always"}), "bob: hi\n");
}

TEST(BelfryReceiving, PeekAcknowledgesNothing) {
    RunningBelfry belfry{{"--peek"}};
    auto session = belfry.server.accept();
    session.let_in();
    session.say("MSG 1 bob 17 2\r\nhi\r\nLIVE 1\r\n");
    EXPECT_EQ(belfry.finish(session), 0) << "an ACK came before QUIT";
    EXPECT_EQ(belfry.process.out(), "bob: hi\n");
}

TEST(BelfryReceiving, AGapIsReportedAndAcknowledged) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    session.say("GAP 1 6\r\nMSG 7 bob 1 0\r\n\r\nLIVE 7\r\n");
    session.expect("ACK 7");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.out(), "bob: \n");
    EXPECT_EQ(belfry.process.err(), "belfry: messages 1 to 6 no longer exist\n");
}

TEST(BelfryReceiving, UnknownFramesAndOptionsAreIgnored) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in(0, 0, "epoch=a max-payload=9 color=red");
    session.say("NEWS of the day\r\nONLINE bob\r\nPONG\r\nPAST 1 bob 1 1\r\nx\r\nEND 1 1\r\n");
    session.say("MSG 1 bob 17 2 k=v\r\nhi\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.out(), "bob: hi\n");
    EXPECT_EQ(belfry.process.err(), "");
}

TEST(BelfryReceiving, CountPrintsAndAcknowledgesExactlyThatManyMessages) {
    RunningBelfry belfry{{"--count", "2"}};
    auto session = belfry.server.accept();
    session.let_in();
    session.say(
        "MSG 1 bob 1 1\r\na\r\nSENT 9 2\r\nMSG 3 bob 1 1\r\nb\r\n"
        "MSG 4 bob 1 1\r\nc\r\nSENT 10 5\r\nLIVE 5\r\n");
    session.expect("ACK 3");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
    EXPECT_EQ(belfry.process.out(), "bob: a\nbob: b\n");
}

TEST(BelfryReceiving, CountWaitsForItsMessagesAfterTheEndOfInput) {
    FakeServer server;
    Process process{belfry_command(server.port(), {"--count", "1"})};
    auto session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say("MSG 1 bob 1 1\r\na\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
}

TEST(BelfryReceiving, CountWaitsUntilTheLinesOfTheInputAreConfirmed) {
    RunningBelfry belfry{{"--count", "1"}};
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("mine\n");
    session.expect_send(1, "mine");
    session.say("LIVE 0\r\nMSG 1 bob 1 1\r\na\r\n");
    session.expect("ACK 1");
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say("SENT 1 2\r\n");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
}

TEST(BelfryReceiving, FollowKeepsRunningAfterTheEndOfInput) {
    FakeServer server;
    Process process{belfry_command(server.port(), {"--follow"})};
    auto session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say("MSG 1 bob 1 1\r\na\r\n");
    session.expect("ACK 1");
    EXPECT_TRUE(process.is_running());
    process.signal(SIGTERM);
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
    EXPECT_EQ(process.out(), "bob: a\n");
}

TEST(BelfryReceiving, AMessageOf16MiBIsPrinted) {
    RunningBelfry belfry{{"--count", "1"}};
    auto session = belfry.server.accept();
    session.let_in();
    const std::string payload(16u << 20, 'x');
    session.say("MSG 1 bob 1 " + std::to_string(payload.size()) + "\r\n" + payload + "\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
    EXPECT_EQ(belfry.process.out(), "bob: " + payload + "\n");
}

/// A shell script in which $BELFRY runs belfry as client 1.
Invocation shell(const FakeServer& server, const std::string& script) {
    const auto belfry = program("belfry").string();
    return {.program = "/bin/sh",
            .arguments = {"-c", script},
            .input = Input::pipe(),
            .environment = {
                {"BELFRY", belfry + " -client_id 1 -port " + std::to_string(server.port())}}};
}

TEST(BelfryReceiving, NoMessageIsAcknowledgedBeforeItIsWritten) {
    const TempDir dir;
    FakeServer server;
    const std::string go = (dir.path() / "go").string();
    Process process{shell(server, "mkfifo " + go + "; $BELFRY | (read x < " + go + "; cat)")};
    auto session = server.accept();
    session.let_in();
    // The frames are larger than the buffer of a pipe.
    std::string frames;
    for (int id = 1; id <= 3000; ++id) {
        frames += "MSG " + std::to_string(id) + " bob 1 100\r\n" + std::string(100, 'x') + "\r\n";
    }
    session.say(frames + "LIVE 3000\r\n");
    std::uint64_t acknowledged = 0;
    while (!session.is_silent(Milliseconds{200})) {
        acknowledged = std::stoul(session.line().substr(4));
    }
    EXPECT_LT(acknowledged, 1000u) << "a pipe holds 64 KiB";
    EXPECT_EQ(run(Invocation{.program = "/bin/sh", .arguments = {"-c", "echo > " + go}}).status, 0);
    while (acknowledged < 3000) acknowledged = std::stoul(session.line().substr(4));
    process.close_input();
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
    EXPECT_EQ(lines_of(process.out()).size(), 3000u);
}

TEST(BelfryReceiving, BelfryExitsQuietlyWithStatus1IfItsReaderIsGone) {
    FakeServer server;
    Process process{shell(server, "($BELFRY; echo $? >&2) | head -c 1 > /dev/null")};
    auto session = server.accept();
    session.let_in();
    session.say("MSG 1 bob 1 1\r\na\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    // Messages follow until belfry notices that head has closed its end of the pipe.
    for (int id = 2; process.err().empty(); ++id) {
        session.say("MSG " + std::to_string(id) + " bob 1 1\r\nb\r\n");
        const auto line = session.line();
        if (line == "QUIT") session.close();
        if (line == "QUIT") break;
    }
    process.close_input();
    static_cast<void>(process.wait());
    EXPECT_EQ(process.err(), "1\n");
}

}  // namespace
}  // namespace belfry::test
