#include "tests/support/running_belfry.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

/// belfry sends the lines of its input. The test plays the server.
namespace belfry::test {
namespace {

TEST(BelfrySending, LinesGetSeqsAboveThatOfWelcomeAndTheirSentsAreAcknowledged) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in(7);
    belfry.process.write("one\ntwo\r\n\n");
    session.expect_send(8, "one");
    session.expect_send(9, "two");
    session.expect_send(10, "");
    session.say("LIVE 0\r\nSENT 8 1\r\nSENT 9 2\r\nSENT 10 3\r\n");
    session.expect("ACK 3");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.err(), "");
}

TEST(BelfrySending, TheLastLineMayLackItsNewline) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("end");
    belfry.process.close_input();
    session.expect_send(1, "end");
    session.say("LIVE 0\r\nSENT 1 1\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
}

TEST(BelfrySending, BelfryWaitsForEverySentBeforeItExits) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\nb\n");
    belfry.process.close_input();
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.say("LIVE 0\r\nSENT 1 1\r\n");
    session.expect("ACK 1");
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say("SENT 2 2\r\n");
    session.expect("ACK 2");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
}

TEST(BelfrySending, BelfryWaitsForTheBacklogBeforeItExits) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.close_input();
    EXPECT_TRUE(session.is_silent(Milliseconds{50}));
    session.say("MSG 1 bob 5 2\r\nhi\r\nLIVE 1\r\n");
    session.expect("ACK 1");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
    EXPECT_EQ(belfry.process.out(), "bob: hi\n");
}

TEST(BelfrySending, ADupCountsAsAccepted) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\n");
    session.expect_send(1, "a");
    session.say("LIVE 0\r\nDUP 1\r\n");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfrySending, ASentWithAnUnknownSeqIsAcknowledgedAndOtherwiseIgnored) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in(5);
    session.say("SENT 4 10\r\nSENT 5 11\r\nLIVE 11\r\n");
    session.expect("ACK 11");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfrySending, ARefusedLineIsReportedAndTheOthersAreSent) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\nb\nc\n");
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.expect_send(3, "c");
    session.say("LIVE 0\r\nERR too-large 2 no \x1b way\r\nSENT 1 1\r\nSENT 3 2\r\n");
    session.expect("ACK 2");
    EXPECT_EQ(belfry.finish(session), 6);
    EXPECT_EQ(belfry.process.err(), "belfry: line 2 was not accepted: too-large: no ? way\n");
}

TEST(BelfrySending, AfterASeqResetAnOldLineIsReportedAndLaterLinesGetSeqsAboveThatOfWelcome) {
    RunningBelfry belfry;
    auto before = belfry.server.accept();
    before.let_in(4611686018427387999);
    before.say("LIVE 0\r\n");
    belfry.process.write("a\n");
    before.expect_send(4611686018427388000, "a");
    before.say("BYE shutting-down\r\n");
    before.close();
    auto session = belfry.server.accept();
    session.let_in(5);
    session.say("LIVE 0\r\n");
    session.expect_send(4611686018427388000, "a");
    session.say("ERR bad-seq 4611686018427388000 too far\r\n");
    EXPECT_TRUE(eventually([&] {
        return belfry.process.err().find("line 1 was not accepted: bad-seq: too far\n") !=
               std::string::npos;
    })) << belfry.process.err();
    belfry.process.write("b\n");
    session.expect_send(6, "b");
    session.say("SENT 6 1\r\n");
    session.expect("ACK 1");
    EXPECT_EQ(belfry.finish(session), 6);
}

TEST(BelfrySending, ALineLongerThanMaxPayloadIsNotSent) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in(0, 0, "epoch=a max-payload=4");
    belfry.process.write("long line\nok\n");
    session.expect_send(1, "ok");
    session.say("LIVE 0\r\nSENT 1 1\r\n");
    session.expect("ACK 1");
    EXPECT_EQ(belfry.finish(session), 6);
    EXPECT_EQ(belfry.process.err(),
              "belfry: line 1 was not accepted: longer than the server's limit of 4 bytes\n");
}

TEST(BelfrySending, LinesThatTheStoreRefusedAreSentAgainInOrder) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\nb\nc\n");
    for (int round = 0; round < 2; ++round) {
        session.expect_send(1, "a");
        session.expect_send(2, "b");
        session.expect_send(3, "c");
        session.say("ERR store-failed 1 x\r\nERR store-failed 2 x\r\nERR store-failed 3 x\r\n");
    }
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.expect_send(3, "c");
    session.say("LIVE 0\r\nSENT 1 1\r\nSENT 2 2\r\nSENT 3 3\r\n");
    session.expect("ACK 3");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.err(), "belfry: the server cannot store messages; retrying\n");
}

TEST(BelfrySending, ALineAcceptedBeforeTheStoreFailedIsNotSentAgain) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\nb\n");
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.say("LIVE 0\r\nERR store-failed 2 x\r\n");
    session.expect_send(2, "b");
    session.say("SENT 1 1\r\nSENT 2 2\r\n");
    session.expect("ACK 2");
    EXPECT_EQ(belfry.finish(session), 0);
}

TEST(BelfrySending, LinesAreSentAgainIfAGapMayHideTheirSents) {
    RunningBelfry belfry;
    auto session = belfry.server.accept();
    session.let_in();
    belfry.process.write("a\nb\n");
    session.expect_send(1, "a");
    session.expect_send(2, "b");
    session.say("LIVE 0\r\nGAP 1 9\r\n");
    // The ACK for the gap may arrive before, between or after the lines.
    std::vector<std::string> lines;
    for (int i = 0; i < 5; ++i) lines.push_back(session.line());
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "ACK 9"), 1);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "SEND 1 1"), 1);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "SEND 2 1"), 1);
    session.say("DUP 1\r\nDUP 2\r\n");
    EXPECT_EQ(belfry.finish(session), 0);
    EXPECT_EQ(belfry.process.err(), "belfry: messages 1 to 9 no longer exist\n");
}

/// Accepts the login and sends a message, so that belfry has its count before it reads its input.
void let_in_and_say_one_message(FakeSession& session) {
    session.expect("LOGIN 1 ack=manual");
    session.say(
        "WELCOME 1 epoch=a1 cursor=0 last=1 seq=0 max-payload=65536 server=x/1\r\n"
        "MSG 1 bob 1 1\r\na\r\nLIVE 1\r\n");
    session.expect("ACK 1");
}

TEST(BelfrySending, WithCountAvailableInputIsSentBeforeBelfryExits) {
    RunningBelfry belfry{{"--count", "1"}};
    belfry.process.write("mine\nand mine\n");
    auto session = belfry.server.accept();
    let_in_and_say_one_message(session);
    session.expect_send(1, "mine");
    session.expect_send(2, "and mine");
    session.say("SENT 1 2\r\nSENT 2 3\r\n");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0) << "the input is still open";
}

TEST(BelfrySending, WithCountAWholeFileIsSentBeforeBelfryExits) {
    const TempDir dir;
    constexpr std::uint64_t count = 6'000;
    const std::string line(1000, 'x');
    std::string lines;
    for (std::uint64_t seq = 1; seq <= count; ++seq) lines += line + "\n";
    FakeServer server;
    Process process{
        belfry_command(server.port(), {"--count", "1"}, Input::file(dir.write("f", lines)))};
    auto session = server.accept();
    let_in_and_say_one_message(session);
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        session.expect_send(seq, line);
        session.say("SENT " + std::to_string(seq) + " " + std::to_string(seq + 1) + "\r\n");
    }
    session.let_go();
    EXPECT_EQ(process.wait(), 0);
}

TEST(BelfrySending, WithCountBelfryWaitsForTheRestOfALine) {
    RunningBelfry belfry{{"--count", "1"}};
    belfry.process.write("whole\nhalf");
    auto session = belfry.server.accept();
    let_in_and_say_one_message(session);
    session.expect_send(1, "whole");
    session.say("SENT 1 2\r\n");
    belfry.process.write(" a line\n");
    session.expect_send(2, "half a line");
    session.say("SENT 2 3\r\n");
    session.let_go();
    EXPECT_EQ(belfry.process.wait(), 0);
}

TEST(BelfrySending, BelfryStopsReadingStandardInputWhileTooMuchIsUnconfirmed) {
    const TempDir dir;
    std::string lines;
    while (lines.size() < (32u << 20)) lines += std::string(1023, 'x') + "\n";
    FakeServer server;
    Process process{belfry_command(server.port(), {}, Input::file(dir.write("lines", lines)))};
    auto session = server.accept();
    session.let_in();
    std::uint64_t sent = 0;
    // Without an answer belfry sends only a few of the 32 MiB.
    while (!session.is_silent(Milliseconds{200})) {
        session.expect_send(++sent, std::string(1023, 'x'));
    }
    EXPECT_GT(sent, 1000u);
    EXPECT_LT(sent, 8192u);
    session.say("SENT 1 1\r\n");
    session.expect("ACK 1");
    process.signal(SIGKILL);
}

}  // namespace
}  // namespace belfry::test
