#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

/// The limits of seqs and ids, and `belfryctl reset-seq`, which lowers a seq that is too high.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_seq = 9223372036854775807;
constexpr std::uint64_t max_free_seq = 4611686018427387904;  // 2^62
constexpr std::uint64_t step = 4294967296;                   // 2^32

std::string send_command(std::uint64_t seq) {
    return "SEND " + std::to_string(seq) + " 6\r\nQUIT\r\n\r\n";
}

/// An export in which client 1 has the seqs 5, max_seq - 1 and max_seq. The server would refuse the
/// last two, but import accepts them.
std::string export_with_high_seqs() {
    return R"({"format":1,"epoch":"ab","first_id":1,"last_id":4,"durability":"commit","clean":true,)"
           R"("clients":[{"id":"1","cursor":4,"seq":9223372036854775807},{"id":"2","cursor":4,"seq":1}]})"
           "\n"
           R"({"id":1,"from":"1","time":1,"seq":5,"text":"five"})"
           "\n"
           R"({"id":2,"from":"2","time":1,"seq":1,"text":"another's"})"
           "\n"
           R"({"id":3,"from":"1","time":1,"seq":9223372036854775806,"text":"high"})"
           "\n"
           R"({"id":4,"from":"1","time":1,"seq":9223372036854775807,"text":"highest"})"
           "\n";
}

/// Stops the server, and replaces its store by the imported text.
void import(Server& server, const std::string& text) {
    EXPECT_EQ(server.stop(), 0);
    fs::remove_all(server.data_dir());
    std::ofstream{server.folder() / "export"} << text;
    const Result result = server.belfryctl({"import", (server.folder() / "export").string()});
    EXPECT_EQ(result.status, 0) << result.err;
}

void expect_reset(const Server& server, std::uint64_t was, std::uint64_t now) {
    const Result result = server.belfryctl({"reset-seq", "1"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.out, "the seq of client 1 was " + std::to_string(was) + " and is now " +
                              std::to_string(now) + "\n");
}

void expect_refused(const Result& result, std::string_view part) {
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

/// Expects that 5 is the highest accepted seq of client 1, and that it can send with the next one.
void expect_seq_5(const Server& server) {
    RawClient client = server.connect();
    const Frame welcome = client.log_in("1");
    EXPECT_EQ(welcome.option("seq"), "5");
    EXPECT_EQ(welcome.line.find("accepted="), std::string::npos) << welcome.line;
    client.read_until("LIVE");
    client.send_message(5, "five");
    client.expect("DUP 5");
    const std::string next = std::to_string(client.last_id() + 1);
    client.send_message(6, "six");
    client.expect("SENT 6 " + next);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0) << server.belfryctl({"check"}).out;
}

// --- the limits of seqs -----------------------------------------------------------------------

class Seq : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, Seq, ::testing::Values("memory", "commit"),
                         [](const auto& durability) { return std::string{durability.param}; });

TEST_P(Seq, OneMessageCannotUseUpTheSeqsOfItsSender) {
    const Server server{{.durability = GetParam()}};
    RawClient client = server.log_in("1");
    client.send(send_command(max_seq));
    client.expect_error("bad-seq", std::to_string(max_seq));
    client.send(send_command(max_free_seq + 1));
    client.expect_error("bad-seq", std::to_string(max_free_seq + 1));
    client.send_message(1, "x");
    client.expect("SENT 1 1");
    client.expect_pong();
}

TEST_P(Seq, ASeqAbove2To62MayBeABoundedStepAboveTheOneBefore) {
    const Server server{{.durability = GetParam()}};
    RawClient client = server.log_in("1");
    std::string bytes;
    for (const std::uint64_t seq : {std::uint64_t{1764061200000000000}, max_free_seq,
                                    max_free_seq + step, max_free_seq + 2 * step}) {
        bytes += send_command(seq);
    }
    client.send(bytes + "SAY one more\r\n");
    client.expect("SENT 1764061200000000000 1");
    client.expect("SENT " + std::to_string(max_free_seq) + " 2");
    client.expect("SENT " + std::to_string(max_free_seq + step) + " 3");
    client.expect("SENT " + std::to_string(max_free_seq + 2 * step) + " 4");
    client.expect("SENT " + std::to_string(max_free_seq + 2 * step + 1) + " 5");
    client.send(send_command(max_free_seq + 3 * step + 2));
    client.expect_error("bad-seq", std::to_string(max_free_seq + 3 * step + 2));
    client.send(send_command(max_free_seq + 3 * step + 1));
    client.expect("SENT " + std::to_string(max_free_seq + 3 * step + 1) + " 6");
}

TEST_P(Seq, ABadSeqInOneWriteWithOthersDoesNotAffectThem) {
    const Server server{{.durability = GetParam()}};
    RawClient client = server.log_in("1");
    client.send(send_command(1) + send_command(max_seq) + send_command(1) + send_command(2));
    std::vector<std::string> lines;
    for (int count = 0; count < 4; ++count) lines.push_back(client.next().line);
    const auto has = [&](const std::string& start) {
        return std::ranges::any_of(lines,
                                   [&](const auto& line) { return line.starts_with(start); });
    };
    EXPECT_TRUE(has("SENT 1 1"));
    EXPECT_TRUE(has("ERR bad-seq 9223372036854775807 "));
    EXPECT_TRUE(has("DUP 1"));
    EXPECT_TRUE(has("SENT 2 2"));
}

TEST(SeqEnd, NoSeqIsLeftAboveTheLargestOne) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    server.start();
    RawClient client = server.log_in("1");
    client.send("SAY nothing above is left\r\n");
    client.expect_error("bad-seq");
    client.send_message(max_seq, "x");
    client.expect("DUP 9223372036854775807");
}

// --- reset-seq --------------------------------------------------------------------------------

TEST(ResetSeq, OfAStoppedServerSurvivesStartsStopsAndALostSegment) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    expect_reset(server, max_seq, 5);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    server.start();
    expect_seq_5(server);
    server.kill_all();
    server.lose_segment();
    server.start();
    EXPECT_EQ(server.connect().log_in("1").option("seq"), "6");
    EXPECT_EQ(server.connect().log_in("2").option("seq"), "1");
}

TEST(ResetSeq, OfARunningServerEndsTheSessionAndIsStoredWhenItReturns) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    server.start();
    RawClient client = server.log_in("1");
    RawClient other = server.log_in("2");
    client.send_message(6, "answered as a repetition");
    client.expect("DUP 6");
    expect_reset(server, max_seq, 5);
    client.expect("BYE shutting-down");
    client.expect_closed();
    server.kill_all();
    server.lose_segment();
    server.start();
    expect_seq_5(server);
}

TEST(ResetSeq, EndsASessionWithoutAKillEvenIfItsClientStaysConnected) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    server.start();
    RawClient client = server.log_in("1");
    expect_reset(server, max_seq, 5);
    client.expect("BYE shutting-down");
    EXPECT_EQ(server.stop(), 0);
    EXPECT_EQ(server.errors().find("killed"), std::string::npos) << server.errors();
}

TEST(ResetSeq, OfARunningServerSurvivesAnAdoptionAndAKilledArchiver) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    server.start();
    { const RawClient other = server.log_in("2"); }
    expect_reset(server, max_seq, 5);
    ::kill(server.archiver(), SIGKILL);
    EXPECT_TRUE(server.will_say("the archiver was killed"));
    server.kill_supervisor();
    server.start();
    expect_seq_5(server);
    EXPECT_EQ(server.stop(), 0);
    server.start();
    EXPECT_EQ(server.connect().log_in("1").option("seq"), "6");
}

TEST(ResetSeq, OfAServerWithoutAStoreChoosesTheHighestFreeSeqInTheRing) {
    Server server;
    RawClient client = server.log_in("1");
    client.send_message(max_free_seq, "free");
    client.send_message(max_free_seq + step, "not free");
    client.expect("SENT " + std::to_string(max_free_seq) + " 1");
    client.expect("SENT " + std::to_string(max_free_seq + step) + " 2");
    expect_reset(server, max_free_seq + step, max_free_seq);
    client.expect("BYE shutting-down");
    EXPECT_EQ(server.connect().log_in("1").option("seq"), std::to_string(max_free_seq));
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
}

TEST(ResetSeq, KeepsALowSeqAndItsSession) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(7, "x");
    client.expect("SENT 7 1");
    const std::string stays = "the seq of client 1 stays 7: it is not above 4611686018427387904\n";
    EXPECT_EQ(server.belfryctl({"reset-seq", "1"}).out, stays);
    client.expect_pong();
    EXPECT_EQ(server.stop(), 0);
    EXPECT_EQ(server.belfryctl({"reset-seq", "1"}).out, stays);
}

TEST(ResetSeq, KeepsOldMessagesWhichCanBeExportedAndImported) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    expect_reset(server, max_seq, 5);
    server.start();
    expect_seq_5(server);
    EXPECT_EQ(server.stop(), 0);
    const std::string text = server.belfryctl({"export"}).out;
    EXPECT_NE(text.find("\"seq\":9223372036854775807"), std::string::npos);
    import(server, text);
    EXPECT_EQ(server.belfryctl({"export"}).out, text);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    server.start();
    EXPECT_EQ(server.connect().log_in("1").option("seq"), "6");
}

TEST(ResetSeq, LetsARunningBelfrySendAgain) {
    Server server{{.durability = "commit"}};
    import(server, export_with_high_seqs());
    server.start();
    Invocation command = server.belfry("1", {"--follow"});
    command.input = Input::pipe();
    Process belfry{command};
    EXPECT_TRUE(eventually([&] { return server.client_status("1").at("online") == true; }));
    expect_reset(server, max_seq, 5);
    EXPECT_TRUE(eventually([&] { return belfry.err().find("reconnected") != std::string::npos; }))
        << belfry.err();
    RawClient reader = server.log_in("2");
    belfry.write("hello again\n");
    reader.expect_message(5, "1", "hello again");
    EXPECT_EQ(belfry.err().find("not accepted"), std::string::npos) << belfry.err();
}

TEST(ResetSeq, ReportsAnUnknownClientOrADeadServerInOneLine) {
    Server server{{.durability = "commit"}};
    expect_refused(server.belfryctl({"reset-seq", "nobody"}), "does not know client nobody");
    server.kill_all();
    expect_refused(server.belfryctl({"reset-seq", "1"}), "is dead; first start it again");
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0);
    expect_refused(server.belfryctl({"reset-seq", "nobody"}), "has no client nobody");
    EXPECT_EQ(server.belfryctl({"reset-seq"}).status, 2);
}

TEST(ResetSeq, FailsWhileTheStoreFails) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    import(server, export_with_high_seqs());
    server.start();
    disk.fill_up();
    {
        RawClient other = server.log_in("2");
        other.send_message(2, "not stored");
        EXPECT_TRUE(server.will_say("new messages are refused"));
    }
    expect_refused(server.belfryctl({"reset-seq", "1"}), "the server cannot write to its store");
    disk.make_room();
    EXPECT_TRUE(server.will_say("the store works again"));
    expect_reset(server, max_seq, 5);
}

// --- the end of the log -----------------------------------------------------------------------

constexpr std::uint64_t max_id = 281474976710655;  // 2^48 - 1

/// The export of an empty log whose last message had this id.
std::string export_that_ends_at(std::uint64_t id) {
    return R"({"format":1,"epoch":"ab","first_id":)" + std::to_string(id + 1) + R"(,"last_id":)" +
           std::to_string(id) + R"(,"durability":"commit","clean":true,"clients":[]})" + "\n";
}

TEST(LogEnd, MessagesAfterTheLargestIdAreRefusedAndOneLineSaysWhy) {
    Server server{{.durability = "commit"}};
    import(server, export_that_ends_at(max_id - 2));
    server.start();
    RawClient client = server.log_in("1", "ack=manual");
    client.send(send_command(1) + send_command(2) + send_command(3) + send_command(4));
    std::vector<std::string> lines;
    for (int count = 0; count < 4; ++count) lines.push_back(client.next().line.substr(0, 22));
    std::ranges::sort(lines);
    EXPECT_EQ(lines,
              (std::vector<std::string>{"ERR store-failed 3 not", "ERR store-failed 4 not",
                                        "SENT 1 281474976710654", "SENT 2 281474976710655"}));
    client.send("SAY one more\r\n");
    client.expect_error("store-failed");
    client.send_message(3, "again");
    client.expect_error("store-failed", "3");
    client.send_message(2, "again");
    client.expect("DUP 2");
    EXPECT_TRUE(server.will_say("the log is full"));
    client.send("ACK 281474976710656\r\nACK 18446744073709551615\r\n");
    client.send("HISTORY 281474976710654 18446744073709551615\r\n");
    EXPECT_EQ(client.expect_verb("PAST").line.substr(0, 20), "PAST 281474976710654");
    EXPECT_EQ(client.expect_verb("PAST").line.substr(0, 20), "PAST 281474976710655");
    client.expect("END 281474976710654 281474976710655");
    EXPECT_EQ(server.client_status("1").at("cursor"), max_id);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0) << server.belfryctl({"check"}).out;
    const std::string errors = server.errors();
    EXPECT_EQ(errors.find("the log is full"), errors.rfind("the log is full")) << errors;

    EXPECT_EQ(server.stop(), 0);
    server.start();
    EXPECT_TRUE(
        server.will_say("the log is full: 281474976710655 is the highest possible message id"));
    RawClient reader = server.connect();
    EXPECT_EQ(reader.log_in("1", "ack=manual").option("cursor"), std::to_string(max_id));
    reader.expect("LIVE 281474976710655");
    reader.send_message(3, "once more");
    reader.expect_error("store-failed", "3");
}

TEST(LogEnd, AFullLogIsServedAndAcceptsNoMessage) {
    Server server{{.durability = "commit"}};
    import(server, export_that_ends_at(max_id));
    server.start();
    EXPECT_TRUE(server.will_say("the log is full"));
    RawClient client = server.log_in("1");
    client.send("SAY one more\r\n");
    client.expect_error("store-failed");
    EXPECT_EQ(server.status().at("log").at("last_id"), max_id);
}

TEST(LogEnd, LargerIdsAreNeitherImportedNorServed) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    fs::remove_all(server.data_dir());
    std::ofstream{server.folder() / "export"} << export_that_ends_at(max_id + 1);
    const std::string file = (server.folder() / "export").string();
    expect_refused(server.belfryctl({"import", file}),
                   "line 1 of " + file + ": \"last_id\" is not");
    import(server, export_that_ends_at(max_id));
    StoreDb{server.data_dir()}.run("UPDATE log SET last_id = 281474976710656");
    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(
        result.err.find(
            "ends at message 281474976710656, but the highest possible id is 281474976710655"),
        std::string::npos)
        << result.err;
}

}  // namespace
}  // namespace belfry::test
