#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <signal.h>
#include <sys/shm.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

/// Somebody deletes, moves or replaces the database, or all of the data directory, while the server
/// runs. Nothing that was SENT is lost: the segment is the last copy, and a store is made of it.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

void send_sent(RawClient& client, std::uint64_t seq, const std::string& text) {
    client.send_message(seq, text);
    client.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
}

void delete_database(const Server& server) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(StoreDb::file(server.data_dir()).string() + suffix);
    }
}

void expect_failed(const Server& server, const std::string& why) {
    EXPECT_TRUE(server.will_say(why)) << server.errors();
    EXPECT_TRUE(server.will_say("new messages are refused")) << server.errors();
}

/// A store that failed before a restart may fail for a moment longer.
RawClient log_in_to_working(const Server& server) {
    const auto works = [&] { return server.status().at("store").at("state") == "works"; };
    if (!eventually(works)) throw Failure("the store does not work");
    return server.log_in("1");
}

std::size_t count_lines(const std::string& text, const std::string& part) {
    const Lines lines = lines_of(text);
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

std::string last_line(const std::string& text) {
    const Lines lines = lines_of(text);
    return lines.empty() ? "" : lines.back();
}

/// `recover --segment N`, as the last line that a server or belfryctl said names it.
Lines named_command(const std::string& errors) {
    const std::string line = last_line(errors);
    const std::string before = "belfryctl --data-dir NEW recover --segment ";
    const auto at = line.find(before);
    if (at == std::string::npos) throw Failure("no command is named: " + errors);
    return {"recover", "--segment", line.substr(at + before.size())};
}

/// The segment of a server whose own data directory may be gone, removed at the end.
class Last {
  public:
    explicit Last(const Server& server) : shmid_{server.segment().value().shmid} {}
    Last(const Last&) = delete;
    Last& operator=(const Last&) = delete;
    ~Last() { ::shmctl(shmid_, IPC_RMID, nullptr); }

    [[nodiscard]] Lines recover() const { return {"recover", "--segment", std::to_string(shmid_)}; }

  private:
    int shmid_;
};

class NewDirectory {
  public:
    [[nodiscard]] fs::path path() const { return folder_.path() / "new"; }

    [[nodiscard]] Result belfryctl(Lines arguments) const {
        arguments.insert(arguments.begin(), {"--data-dir", path().string()});
        return run({program("belfryctl"), std::move(arguments)});
    }

    /// The command that serves it instead of the server's own.
    [[nodiscard]] Invocation command(const Server& server) const {
        Invocation command = server.command();
        for (std::string& argument : command.arguments) {
            if (argument == server.data_dir().string()) argument = path().string();
        }
        return command;
    }

  private:
    TempDir folder_;
};

// --- Noticing ---------------------------------------------------------------------------------

class Vanishing : public testing::TestWithParam<bool> {
  protected:
    /// The database alone, or all of the data directory.
    static void vanish(const Server& server) {
        if (GetParam()) {
            fs::remove_all(server.data_dir());
        } else {
            delete_database(server);
        }
    }
};

TEST_P(Vanishing, NothingIsSentAnyMoreAndWhatWasSentIsRecovered) {
    Server server{{.durability = "commit"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.read_until("LIVE");
    RawClient reader = server.log_in("2", "ack=manual");
    send_sent(client, 1, "one");
    send_sent(client, 2, "two");
    reader.read_until_id(2);
    reader.send("ACK 1\r\n");
    reader.expect_pong();

    const pid_t archiver = server.archiver();
    ::kill(archiver, SIGSTOP);  // it would notice it while it is idle
    vanish(server);
    client.send_message(3, "accepted, and not stored");
    client.expect_pong();
    ::kill(archiver, SIGCONT);
    EXPECT_TRUE(server.will_say("new messages are refused")) << server.errors();
    client.send_message(4, "refused");
    client.expect_error("store-failed", "4");
    reader.expect_pong();
    client.send_message(4, "refused");
    client.expect_error("store-failed", "4");
    EXPECT_EQ(server.stop(), 1);
    EXPECT_EQ(count_lines(server.errors(), "new messages are refused"), 1U) << server.errors();
    EXPECT_FALSE(fs::exists(server.folder() / "port"));
    ASSERT_TRUE(server.segment());
    const Last segment{server};
    EXPECT_EQ(named_command(server.errors()), segment.recover()) << server.errors();
    EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir()))) << "it was made anew";

    const NewDirectory made;
    const Result recovered = made.belfryctl(named_command(server.errors()));
    EXPECT_EQ(recovered.status, 0) << recovered.err;
    EXPECT_EQ(lines_of(recovered.out).front(), "recovered messages 1 to 3 of log " + epoch);
    EXPECT_EQ(recovered.out.find("not recovered"), std::string::npos) << recovered.out;
    EXPECT_TRUE(server.segment()) << "it is the operator's";
    EXPECT_EQ(made.belfryctl({"check"}).status, 0);

    server.start(made.command(server));
    RawClient again = server.connect();
    const Frame welcome = again.log_in("1");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("seq"), "3");
    again.read_until("LIVE");
    again.send_message(3, "accepted, and not stored");
    again.expect("DUP 3");
    send_sent(again, 4, "again");
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2", "ack=manual").option("cursor"), "1");
    late.expect_message(2, "1", "two");
    late.expect_message(3, "1", "accepted, and not stored");
    RawClient third = server.connect();
    third.log_in("3");
    third.expect_message(1, "1", "one");
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST_P(Vanishing, AnIdleServerNoticesItTooAndAnAsyncOneKeepsItsEpoch) {
    Server server{{.durability = "async"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.read_until("LIVE");
    send_sent(client, 1, "one");
    server.wait_until_saved();
    const auto start = Clock::now();
    vanish(server);
    expect_failed(server, "the store is gone");
    std::cout << "noticed after " << milliseconds_since(start) << " ms\n";
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    server.kill_all();
    const Last segment{server};
    const NewDirectory made;
    EXPECT_EQ(made.belfryctl(segment.recover()).status, 0);
    server.start(made.command(server));
    EXPECT_EQ(server.connect().log_in("1").option("epoch"), epoch);
}

TEST_P(Vanishing, BelfryctlStopOfAServerThatLivesOrIsDeadExitsWith1) {
    for (const bool lives : {true, false}) {
        Server server{{.durability = "commit"}};
        RawClient client = server.log_in("1");
        send_sent(client, 1, "one");
        vanish(server);
        expect_failed(server, "the store is gone");
        if (!lives) server.kill_all();
        const Result stopped = server.belfryctl({"stop"});
        EXPECT_EQ(stopped.status, 1) << stopped.err;
        ASSERT_TRUE(server.segment());
        const Last segment{server};
        if (GetParam()) continue;  // without the directory nothing names the segment
        EXPECT_EQ(named_command(stopped.err), segment.recover()) << stopped.err;
        EXPECT_TRUE(eventually([&] { return server.all_processes().empty(); }));
        // Nor does the next belfryd make another store.
        const Result started = run(server.command());
        EXPECT_EQ(started.status, 1);
        EXPECT_EQ(lines_of(started.err).size(), 1U) << started.err;
        EXPECT_EQ(named_command(started.err), segment.recover());
        EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir())));
    }
}

TEST_P(Vanishing, AnArchiverThatIsKilledMakesNoStoreEither) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    const pid_t archiver = server.archiver();
    vanish(server);
    ::kill(archiver, SIGKILL);
    expect_failed(server, "the store is gone");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    const Last segment{server};
    EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir())));
}

INSTANTIATE_TEST_SUITE_P(, Vanishing, testing::Bool(), [](const auto& info) {
    return info.param ? "TheDirectory" : "TheDatabase";
});

// --- Coming back ------------------------------------------------------------------------------

TEST(VanishedStore, ThatIsMovedBackWorksAgainAndNothingIsLost) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    const fs::path aside = server.folder() / "aside";
    fs::rename(server.data_dir(), aside);
    client.send_message(2, "meanwhile");
    expect_failed(server, "the store is gone");
    fs::rename(aside, server.data_dir());
    client.expect("SENT 2 2");
    EXPECT_TRUE(server.will_say("the store works again"));
    send_sent(client, 3, "three");
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 3U);
}

TEST(VanishedStore, WhoseWriteAheadLogIsDeletedIsWrittenAgainFromTheMemory) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 100; ++seq) send_sent(client, seq, "text");
    for (const char* suffix : {"-wal", "-shm"}) {
        fs::remove(StoreDb::file(server.data_dir()).string() + suffix);
    }
    client.send_message(101, "not into the deleted one");
    client.expect("SENT 101 101");
    server.kill_all();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 101U);
}

TEST(VanishedStore, WhoseWriteAheadLogIsDeletedWhileSomebodyReadsLosesNothingThatLeftTheMemory) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_sent(client, seq, std::string(4000, 'x'));
    }
    ASSERT_GT(server.status().at("log").at("first_id"), 2U);
    {
        StoreDb reader{server.data_dir()};
        ASSERT_EQ(reader.number("SELECT count(*) FROM messages"), count);
        fs::remove(StoreDb::file(server.data_dir()).string() + "-wal");
        expect_failed(server, "the store is gone");
        EXPECT_TRUE(server.will_say("the store works again")) << server.errors();
    }
    send_sent(client, count + 1, "more");
    EXPECT_EQ(server.stop(), 0) << server.errors();
    StoreDb store{server.data_dir()};
    EXPECT_EQ(store.number("SELECT count(*) FROM messages"), count + 1);
    EXPECT_EQ(store.text("PRAGMA integrity_check"), "ok");
}

/// A copy of the database of some moments ago comes back, and the old write-ahead log lies there.
class CopyBesideAnOldWriteAheadLog : public ::testing::Test {
  protected:
    CopyBesideAnOldWriteAheadLog() {
        send_up_to(100);
        const fs::path backup = server_.folder() / "backup.db";
        if (server_.belfryctl({"backup", backup.string()}).status != 0) throw Failure("no backup");
        send_up_to(200);
        fs::remove(StoreDb::file(server_.data_dir()));
        fs::rename(backup, StoreDb::file(server_.data_dir()));
    }

    void send_up_to(std::uint64_t last) {
        for (; next_ <= last; ++next_) send_sent(client_, next_, std::string(1000, 'x'));
    }

    void expect_stored(std::uint64_t count) {
        EXPECT_EQ(server_.stop(), 0) << server_.errors();
        StoreDb store{server_.data_dir()};
        EXPECT_EQ(store.text("PRAGMA integrity_check"), "ok");
        EXPECT_EQ(store.number("SELECT count(*) FROM messages"), count);
    }

    Server server_{{.durability = "commit"}};
    RawClient client_ = server_.log_in("1");
    std::uint64_t next_ = 1;
};

TEST_F(CopyBesideAnOldWriteAheadLog, IsNotWrittenBeforeThatIsMovedAway) {
    expect_failed(server_, "belfry.db-wal belongs to the database that is gone");
    fs::rename(StoreDb::file(server_.data_dir()).string() + "-wal", server_.folder() / "aside");
    EXPECT_TRUE(server_.will_say("the store works again")) << server_.errors();
    send_up_to(201);
    expect_stored(201);
}

TEST_F(CopyBesideAnOldWriteAheadLog, IsNotDamagedByARestart) {
    expect_failed(server_, "belfry.db-wal belongs to the database that is gone");
    EXPECT_EQ(server_.stop(), 1);
    server_.start();
    client_ = log_in_to_working(server_);
    send_up_to(201);
    expect_stored(201);
}

TEST(VanishedStore, ThatIsReplacedByAnotherLogsIsNeitherWrittenNorRead) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_sent(client, seq, std::string(4000, 'x'));
    }
    const fs::path aside = server.folder() / "aside";
    fs::rename(server.data_dir(), aside);
    fs::create_directory(server.data_dir());
    {
        StoreDb source{aside};
        source.run("VACUUM INTO '" + StoreDb::file(server.data_dir()).string() + "'");
        StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'; DELETE FROM messages");
    }
    fs::copy_file(aside / "segment", server.data_dir() / "segment");  // for belfryctl status
    expect_failed(server, "the store is gone");
    RawClient reader = server.connect();
    reader.log_in("2");
    EXPECT_TRUE(server.will_say("was replaced: it belongs to another log")) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.text("SELECT starts || ' ' || clean FROM log"),
              StoreDb{aside}.text("SELECT starts || ' ' || clean FROM log"));
    fs::remove_all(server.data_dir());
    fs::rename(aside, server.data_dir());
    EXPECT_EQ(count_verb(reader.read_until_id(count), "MSG"), count) << "and no GAP";
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

/// A store of another log, with the same clients and no messages, at the path of the server's own.
void replace_by_another_logs(const Server& server) {
    const fs::path copy = server.folder() / "copy.db";
    StoreDb{server.data_dir()}.run("VACUUM INTO '" + copy.string() + "'");
    delete_database(server);
    fs::rename(copy, StoreDb::file(server.data_dir()));
    StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'; DELETE FROM messages");
}

TEST(VanishedStore, ThatIsAnotherLogsAtTheNextStartIsRefusedWithTheWayOut) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 5; ++seq) send_sent(client, seq, "text");
    server.kill_all();
    const Last segment{server};
    replace_by_another_logs(server);
    const Result started = run(server.command());
    EXPECT_EQ(started.status, 1);
    EXPECT_EQ(lines_of(started.err).size(), 1U) << started.err;
    EXPECT_NE(started.err.find("does not match the shared memory"), std::string::npos)
        << started.err;
    EXPECT_EQ(named_command(started.err), segment.recover());
}

TEST(VanishedStore, RemoveSaysHowManyMessagesWereInTheSegmentAlone) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 5; ++seq) send_sent(client, seq, "text");
    server.kill_all();
    replace_by_another_logs(server);
    const Result removed = server.belfryctl({"remove"});
    EXPECT_EQ(removed.status, 0);
    EXPECT_EQ(lines_of(removed.err),
              Lines{"belfryctl: 5 messages were only in the segment, not in the store"});
}

TEST(VanishedStore, RemoveSaysSoOfAnOldBackupToo) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 2; ++seq) send_sent(client, seq, "text");
    const fs::path backup = server.folder() / "backup.db";
    ASSERT_EQ(server.belfryctl({"backup", backup.string()}).status, 0);
    for (std::uint64_t seq = 3; seq <= 5; ++seq) send_sent(client, seq, "text");
    server.kill_all();
    delete_database(server);
    fs::rename(backup, StoreDb::file(server.data_dir()));
    EXPECT_EQ(lines_of(server.belfryctl({"remove"}).err),
              Lines{"belfryctl: 3 messages were only in the segment, not in the store"});
}

// --- The lock files ---------------------------------------------------------------------------

TEST(VanishedLock, ASecondServerIsRefusedAndTheFirstOneSendsNothingMore) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    fs::remove(server.data_dir() / "lock");
    const Result second = run(server.command());
    EXPECT_EQ(second.status, 1);
    EXPECT_EQ(lines_of(second.err).size(), 1U) << second.err;
    EXPECT_NE(second.err.find("process " + std::to_string(server.pid()) + " is serving"),
              std::string::npos)
        << second.err;
    client.expect_pong();
    EXPECT_TRUE(server.is_running());
    expect_failed(server, "lock was deleted or replaced");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    EXPECT_NE(last_line(server.errors()).find("is kept for the next start"), std::string::npos);
    server.start();
    RawClient again = log_in_to_working(server);
    send_sent(again, 2, "two");
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

/// Whether the process waits for the end of another one.
bool holds_a_pidfd(pid_t pid) {
    const fs::path descriptors = "/proc/" + std::to_string(pid) + "/fd";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{descriptors, error}) {
        if (fs::read_symlink(entry, error) == "anon_inode:[pidfd]") return true;
    }
    return false;
}

TEST(VanishedLock, AServerThatWaitedForTheEndOfAnotherDoesNotTakeARemovedSegment) {
    Server first;
    const pid_t supervisor = first.pid();
    ::kill(supervisor, SIGSTOP);
    fs::remove(first.data_dir() / "lock");
    Process second{first.command()};
    const bool waits = eventually([&] { return holds_a_pidfd(second.pid()); });
    ::kill(supervisor, SIGTERM);
    ::kill(supervisor, SIGCONT);
    ASSERT_TRUE(waits);
    ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
    EXPECT_EQ(second.err().find("adopted"), std::string::npos) << second.err();
    EXPECT_EQ(first.belfryctl({"status", "--json"}).status, 0);
    EXPECT_EQ(first.stop(), 0) << first.errors();
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait(), 0) << second.err();
}

TEST(VanishedLock, ThatSaysThatTheServerLivesIsMissedUntilARestart) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    fs::remove(server.data_dir() / "alive");
    expect_failed(server, "alive");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    server.start();
    RawClient again = log_in_to_working(server);
    send_sent(again, 2, "two");
}

TEST(VanishedLock, OfTheStoreIsMadeAgainAndTaken) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    const fs::path lock = server.data_dir() / "store-lock";
    fs::remove(lock);
    expect_failed(server, "store-lock no longer exists");
    EXPECT_TRUE(server.will_say("the store works again")) << server.errors();
    EXPECT_TRUE(fs::exists(lock));
    send_sent(client, 2, "two");
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 2U);
}

TEST(VanishedLock, OfTheStoreIsNotTakenFromAServerInADirectoryThatWasMadeAnew) {
    Server first{{.durability = "commit"}};
    const Last segment{first};
    RawClient client = first.log_in("1");
    send_sent(client, 1, "of the first");
    const fs::path aside = first.folder() / "aside";
    fs::rename(first.data_dir(), aside);
    Process second{first.command()};
    ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
    expect_failed(first, "the store is gone");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait(), 0) << second.err();
    fs::remove_all(first.data_dir());
    fs::rename(aside, first.data_dir());
    EXPECT_TRUE(first.will_say("the store works again")) << first.errors();
    send_sent(client, 2, "two");
    EXPECT_EQ(first.stop(), 0) << first.errors();
}

TEST(VanishedLock, RemoveRefusesALiveServersSegmentAllTheSame) {
    Server server;
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    for (const char* name : {"lock", "alive"}) fs::remove(server.data_dir() / name);
    EXPECT_EQ(server.belfryctl({"remove"}).status, 1);
    EXPECT_TRUE(server.segment());
    client.expect_pong();
}

TEST(VanishedLock, ServersInADirectoryThatWasMadeAnewLeaveEachOtherAlone) {
    for (const std::string durability : {"commit", "memory"}) {
        Server first{{.durability = durability}};
        const int shmid = first.segment().value().shmid;
        RawClient client = first.log_in("1");
        send_sent(client, 1, "of the first");
        fs::remove_all(first.data_dir());

        Invocation command = first.command();
        Process second{command};
        ASSERT_TRUE(eventually([&] { return second.out().ends_with('\n'); })) << second.err();
        const Result status = first.belfryctl({"status", "--json"});
        EXPECT_EQ(status.status, 0) << status.err;
        client.expect_pong();
        EXPECT_EQ(first.stop(), durability == "memory" ? 0 : 1) << first.errors();
        for (const char* name : {"data/port-file", "port"}) {
            EXPECT_TRUE(fs::exists(first.folder() / name)) << name;
        }
        const Result after = first.belfryctl({"status", "--json"});
        EXPECT_EQ(after.status, 0) << after.err;
        EXPECT_EQ(nlohmann::json::parse(after.out).at("log").at("epoch"),
                  nlohmann::json::parse(status.out).at("log").at("epoch"));
        second.signal(SIGTERM);
        EXPECT_EQ(second.wait(), 0) << second.err();
        ::shmctl(shmid, IPC_RMID, nullptr);
    }
}

// --- recover ----------------------------------------------------------------------------------

void expect_refused(const Result& result, std::string_view why) {
    EXPECT_EQ(result.status, 1) << result.out;
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
}

TEST(Recover, SaysWhichMessagesHadLeftTheSegmentAndTheirReadersAreToldAGap) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_sent(client, seq, std::string(4000, 'x'));
    }
    const std::uint64_t first = server.status().at("log").at("first_id");
    ASSERT_GT(first, 2U);
    server.kill_all();
    fs::remove_all(server.data_dir());
    const Last segment{server};
    const NewDirectory made;
    const Result recovered = made.belfryctl(segment.recover());
    EXPECT_EQ(recovered.status, 0) << recovered.err;
    const std::string range = std::to_string(first) + " to 100";
    EXPECT_NE(recovered.out.find("recovered messages " + range), std::string::npos);
    EXPECT_NE(recovered.out.find("messages 1 to " + std::to_string(first - 1) + " missing"),
              std::string::npos)
        << recovered.out;
    server.start(made.command(server));
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect("GAP 1 " + std::to_string(first - 1));
    EXPECT_EQ(count_verb(reader.read_until_id(count), "MSG"), count + 1 - first);
}

TEST(Recover, RefusesTheSegmentOfARunningServer) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    const Lines recover{"recover", "--segment", std::to_string(server.segment().value().shmid)};
    const NewDirectory made;
    expect_refused(made.belfryctl(recover), "in use by a running server");
    server.kill_supervisor();
    expect_refused(made.belfryctl(recover), "in use by a running server");
    EXPECT_FALSE(fs::exists(made.path()));
    client.expect_pong();
}

TEST(Recover, RefusesWhatIsNoSegmentOfALogWithAStore) {
    const NewDirectory made;
    Server memory;
    const std::string shmid = std::to_string(memory.segment().value().shmid);
    memory.kill_all();
    expect_refused(made.belfryctl({"recover", "--segment", shmid}), "memory");

    const int foreign = ::shmget(IPC_PRIVATE, 100'000, IPC_CREAT | 0600);
    const Lines recover{"recover", "--segment", std::to_string(foreign)};
    expect_refused(made.belfryctl(recover), "is not a Belfry segment");
    ::shmctl(foreign, IPC_RMID, nullptr);
    expect_refused(made.belfryctl(recover), "cannot open");
    EXPECT_FALSE(fs::exists(made.path()));
}

TEST(Recover, RefusesADataDirectoryThatHasAStoreOrASegment) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_sent(client, 1, "one");
    server.kill_all();
    const Last segment{server};
    expect_refused(server.belfryctl(segment.recover()), "already contains a store");
    delete_database(server);
    const Result refused = server.belfryctl(segment.recover());
    expect_refused(refused, "already has a server segment");
    expect_refused(refused, "name a new data directory with --data-dir");
    const NewDirectory made;
    fs::create_directory(made.path());
    EXPECT_EQ(made.belfryctl(segment.recover()).status, 0);
    expect_refused(made.belfryctl(segment.recover()), "already contains a store");
}

TEST(Recover, WrongUsageIsExit2) {
    const NewDirectory made;
    for (const Lines& command :
         {Lines{"recover"}, Lines{"recover", "7"}, Lines{"recover", "--segment", "x"},
          Lines{"recover", "--segment", "-1"}, Lines{"status", "--segment", "7"}}) {
        EXPECT_EQ(made.belfryctl(command).status, 2);
    }
}

}  // namespace
}  // namespace belfry::test
