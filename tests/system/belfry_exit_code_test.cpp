#include "tests/support/running_belfry.hpp"
#include "wire/version.hpp"

#include <gtest/gtest.h>

/// The exit codes of belfry. The test plays the server.
namespace belfry::test {
namespace {

Result run_belfry(const std::vector<std::string>& arguments) {
    return run({.program = program("belfry"), .arguments = arguments});
}

bool is_one_line(const std::string& text) {
    return text.starts_with("belfry: ") && text.find('\n') == text.size() - 1;
}

TEST(BelfryExitCode, IsZeroForHelpAndVersion) {
    const auto help = run_belfry({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_NE(help.out.find("--client-id"), std::string::npos);
    const auto version = run_belfry({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out, "belfry " + std::string{wire::version} + "\n");
}

TEST(BelfryExitCode, IsOneIfStandardInputCannotBeRead) {
    FakeServer server;
    Process process{belfry_command(server.port(), {}, Input::file("/"))};
    auto session = server.accept();
    session.let_in();
    session.say("LIVE 0\r\n");
    session.let_go();
    EXPECT_EQ(process.wait(), 1);
    EXPECT_EQ(process.err(), "belfry: cannot read standard input: Is a directory\n");
}

TEST(BelfryExitCode, IsTwoWithOneLineForWrongUsage) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                       {"-client_id"},
                                                                       {"-client_id=/"},
                                                                       {"-client_id=1", "-port=x"},
                                                                       {"--bogus"},
                                                                       {"word"}}) {
        const auto result = run_belfry(arguments);
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.out, "");
        EXPECT_TRUE(is_one_line(result.err)) << result.err;
    }
}

TEST(BelfryExitCode, IsThreeIfTheLoginIsRefused) {
    for (const char* code : {"unknown-client", "too-many-clients", "some-new-code"}) {
        RunningBelfry belfry;
        auto session = belfry.server.accept();
        session.expect("LOGIN 1 ack=manual");
        session.say("ERR " + std::string{code} + " - because\r\n");
        session.expect_closed();
        EXPECT_EQ(belfry.process.wait(), 3);
        EXPECT_EQ(belfry.process.err(),
                  "belfry: login refused: " + std::string{code} + ": because\n");
    }
}

TEST(BelfryExitCode, IsThreeIfALaterLoginIsRefused) {
    RunningBelfry belfry;
    {
        auto session = belfry.server.accept();
        session.let_in();
        session.close();
    }
    auto session = belfry.server.accept();
    session.expect("LOGIN 1 ack=manual");
    session.say("ERR unknown-client - because\r\n");
    EXPECT_EQ(belfry.process.wait(), 3);
}

TEST(BelfryExitCode, IsFourAtOnceIfTheFirstConnectionFails) {
    FakeServer server;
    server.stop_listening();
    const auto result = run(belfry_command(server.port(), {"--follow"}));
    EXPECT_EQ(result.status, 4);
    EXPECT_TRUE(is_one_line(result.err)) << result.err;
}

TEST(BelfryExitCode, IsFourIfTheServerClosesBeforeWelcome) {
    RunningBelfry belfry;
    belfry.server.accept().close();
    EXPECT_EQ(belfry.process.wait(), 4);
    EXPECT_TRUE(is_one_line(belfry.process.err())) << belfry.process.err();
}

TEST(BelfryExitCode, IsFourIfTheServerSpeaksAnotherProtocol) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.say("WELCOME to my web site\r\n");
    EXPECT_EQ(belfry.process.wait(), 4);
    EXPECT_TRUE(is_one_line(belfry.process.err())) << belfry.process.err();
}

TEST(BelfryExitCode, IsFiveAfterTheTimeout) {
    FakeServer server;
    for (const auto& more : std::vector<std::vector<std::string>>{
             {"--timeout", "0.3"}, {"--timeout=0.3", "--follow"}, {"--timeout=.3", "--count=9"}}) {
        Process process{belfry_command(server.port(), more, Input::pipe())};
        auto session = server.accept();
        session.let_in();
        session.say("LIVE 0\r\nMSG 1 bob 1 1\r\na\r\n");
        session.expect("ACK 1");
        session.let_go();
        EXPECT_EQ(process.wait(), 5);
        EXPECT_EQ(process.out(), "bob: a\n");
    }
}

void bring_online(FakeSession& session) {
    session.let_in();
    session.say("LIVE 0\r\nMSG 1 bob 1 1\r\na\r\n");
    session.expect("ACK 1");
}

// The test does not answer QUIT. The client without a timeout waits longer for the answer.
TEST(BelfryExitCode, IsFiveSoonEvenIfTheServerDoesNotAnswerQuit) {
    RunningBelfry signalled;
    auto session = signalled.server.accept();
    bring_online(session);
    RunningBelfry late{{"--timeout", "0.3"}};
    auto late_session = late.server.accept();
    bring_online(late_session);
    signalled.process.signal(SIGTERM);
    session.expect("QUIT");
    EXPECT_EQ(late.process.wait(), 5);
    EXPECT_TRUE(signalled.process.is_running());
}

TEST(BelfryExitCode, IsZeroWithinTheTimeoutEvenIfTheServerDoesNotAnswerQuit) {
    RunningBelfry without_timeout;
    auto session = without_timeout.server.accept();
    bring_online(session);
    RunningBelfry with_timeout{{"--timeout", "2"}};
    auto with_session = with_timeout.server.accept();
    bring_online(with_session);
    without_timeout.process.close_input();
    session.expect("QUIT");
    with_timeout.process.close_input();
    with_session.expect("QUIT");
    EXPECT_EQ(with_timeout.process.wait(), 0);
    EXPECT_TRUE(without_timeout.process.is_running());
}

TEST(BelfryExitCode, IsFiveIfTheServerDoesNotAnswerTheLoginInTime) {
    RunningBelfry belfry{{"--timeout", "0.2"}};
    auto session = belfry.server.accept();
    session.expect("LOGIN 1 ack=manual");
    EXPECT_EQ(belfry.process.wait(), 5);
}

TEST(BelfryExitCode, IsFiveIfTheConnectionDoesNotComeBackInTime) {
    RunningBelfry belfry{{"--timeout", "0.5"}};
    auto session = belfry.server.accept();
    session.let_in();
    belfry.server.stop_listening();
    session.close();
    EXPECT_EQ(belfry.process.wait(), 5);
}

TEST(BelfryExitCode, IsSevenAtOnceAfterATakeOver) {
    RunningBelfry belfry{{"--follow"}};
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\nBYE taken-over\r\n");
    session.expect_closed();
    EXPECT_EQ(belfry.process.wait(), 7);
    EXPECT_TRUE(is_one_line(belfry.process.err())) << belfry.process.err();
}

TEST(BelfryExitCode, IsSevenAfterATakeOverDuringTheBacklog) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    session.say("BYE taken-over\r\n");
    session.close();
    EXPECT_EQ(belfry.process.wait(), 7);
}

TEST(BelfryExitCode, Is128PlusTheSignalAndPrintedMessagesAreAcknowledged) {
    for (const int signal : {SIGINT, SIGTERM}) {
        RunningBelfry belfry;
        auto session = belfry.server.accept();
        session.let_in();
        session.say("LIVE 0\r\nMSG 1 bob 1 1\r\na\r\n");
        session.expect("ACK 1");
        belfry.process.signal(signal);
        session.let_go();
        EXPECT_EQ(belfry.process.wait(), 128 + signal);
        EXPECT_EQ(belfry.process.out(), "bob: a\n");
    }
}

TEST(BelfryExitCode, Is128PlusTheSignalEvenIfTheServerDoesNotAnswer) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    session.say("LIVE 0\r\nMSG 1 bob 1 1\r\na\r\n");
    session.expect("ACK 1");
    belfry.process.signal(SIGTERM);
    EXPECT_EQ(belfry.process.wait(), 128 + SIGTERM);
}

}  // namespace
}  // namespace belfry::test
