#include "tests/support/vanished_store.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <iostream>
#include <string>

/// Somebody deletes, moves or replaces the database, or the whole data directory, while the server
/// runs. No message that was SENT is lost: the segment holds the last copy, and `belfryctl recover`
/// makes a store from it.
namespace belfry::test {
namespace {

// --- The loss is noticed ----------------------------------------------------------------------

class Vanishing : public testing::TestWithParam<bool> {
  protected:
    /// Deletes the database, or the whole data directory.
    static void delete_store(const Server& server) {
        if (GetParam()) {
            fs::remove_all(server.data_dir());
        } else {
            delete_database(server);
        }
    }
};

TEST_P(Vanishing, NewMessagesAreRefusedAndSentOnesAreRecovered) {
    Server server{{.durability = "commit"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.read_until("LIVE");
    RawClient reader = server.log_in("2", "ack=manual");
    send_and_expect_sent(client, 1, "one");
    send_and_expect_sent(client, 2, "two");
    reader.read_until_id(2);
    reader.send("ACK 1\r\n");
    reader.expect_pong();

    const pid_t archiver = server.archiver();
    ::kill(archiver, SIGSTOP);  // an idle archiver would notice the loss
    delete_store(server);
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
    const SegmentToRemove segment{server};
    EXPECT_EQ(suggested_recovery(server.errors()), segment.recover_command()) << server.errors();
    EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir()))) << "the store was created again";

    const NewDataDirectory made;
    const Result recovered = made.belfryctl(suggested_recovery(server.errors()));
    EXPECT_EQ(recovered.status, 0) << recovered.err;
    EXPECT_EQ(lines_of(recovered.out).front(), "recovered messages 1 to 3 of log " + epoch);
    EXPECT_EQ(recovered.out.find("not recovered"), std::string::npos) << recovered.out;
    EXPECT_TRUE(server.segment()) << "recover must not remove the segment";
    EXPECT_EQ(made.belfryctl({"check"}).status, 0);

    server.start(made.command(server));
    RawClient again = server.connect();
    const Frame welcome = again.log_in("1");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("seq"), "3");
    again.read_until("LIVE");
    again.send_message(3, "accepted, and not stored");
    again.expect("DUP 3");
    send_and_expect_sent(again, 4, "again");
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2", "ack=manual").option("cursor"), "1");
    late.expect_message(2, "1", "two");
    late.expect_message(3, "1", "accepted, and not stored");
    RawClient third = server.connect();
    third.log_in("3");
    third.expect_message(1, "1", "one");
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST_P(Vanishing, AnIdleServerNoticesTheLossAndARecoveredAsyncLogKeepsItsEpoch) {
    Server server{{.durability = "async"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.read_until("LIVE");
    send_and_expect_sent(client, 1, "one");
    server.wait_until_saved();
    const auto start = Clock::now();
    delete_store(server);
    expect_store_failure(server, "the store is gone");
    std::cout << "noticed after " << milliseconds_since(start) << " ms\n";
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    server.kill_all();
    const SegmentToRemove segment{server};
    const NewDataDirectory made;
    EXPECT_EQ(made.belfryctl(segment.recover_command()).status, 0);
    server.start(made.command(server));
    EXPECT_EQ(server.connect().log_in("1").option("epoch"), epoch);
}

TEST_P(Vanishing, BelfryctlStopExitsWith1ForALiveAndForADeadServer) {
    for (const bool lives : {true, false}) {
        Server server{{.durability = "commit"}};
        RawClient client = server.log_in("1");
        send_and_expect_sent(client, 1, "one");
        delete_store(server);
        expect_store_failure(server, "the store is gone");
        if (!lives) server.kill_all();
        const Result stopped = server.belfryctl({"stop"});
        EXPECT_EQ(stopped.status, 1) << stopped.err;
        ASSERT_TRUE(server.segment());
        const SegmentToRemove segment{server};
        if (GetParam()) continue;  // without the directory no file names the segment
        EXPECT_EQ(suggested_recovery(stopped.err), segment.recover_command()) << stopped.err;
        EXPECT_TRUE(eventually([&] { return server.all_processes().empty(); }));
        // The next belfryd does not create another store either.
        const Result started = run(server.command());
        EXPECT_EQ(started.status, 1);
        EXPECT_EQ(lines_of(started.err).size(), 1U) << started.err;
        EXPECT_EQ(suggested_recovery(started.err), segment.recover_command());
        EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir())));
    }
}

TEST_P(Vanishing, TheNextArchiverCreatesNoStore) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    const pid_t archiver = server.archiver();
    delete_store(server);
    ::kill(archiver, SIGKILL);
    expect_store_failure(server, "the store is gone");
    client.send_message(2, "refused");
    client.expect_error("store-failed", "2");
    EXPECT_EQ(server.stop(), 1);
    const SegmentToRemove segment{server};
    EXPECT_FALSE(fs::exists(StoreDb::file(server.data_dir())));
}

INSTANTIATE_TEST_SUITE_P(, Vanishing, testing::Bool(), [](const auto& info) {
    return info.param ? "TheDirectory" : "TheDatabase";
});

// --- A store comes back -----------------------------------------------------------------------

TEST(VanishedStore, WorksAgainWithoutLossAfterItIsMovedBack) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    send_and_expect_sent(client, 1, "one");
    const fs::path aside = server.folder() / "aside";
    fs::rename(server.data_dir(), aside);
    client.send_message(2, "meanwhile");
    expect_store_failure(server, "the store is gone");
    fs::rename(aside, server.data_dir());
    client.expect("SENT 2 2");
    EXPECT_TRUE(server.will_say("the store works again"));
    send_and_expect_sent(client, 3, "three");
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 3U);
}

TEST(VanishedStore, IsCompletedFromTheRingAfterItsWriteAheadLogIsDeleted) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 100; ++seq) send_and_expect_sent(client, seq, "text");
    for (const char* suffix : {"-wal", "-shm"}) {
        fs::remove(StoreDb::file(server.data_dir()).string() + suffix);
    }
    client.send_message(101, "not into the deleted one");
    client.expect("SENT 101 101");
    server.kill_all();
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages"), 101U);
}

TEST(VanishedStore, KeepsMessagesThatLeftTheRingIfItsWriteAheadLogIsDeletedDuringARead) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_and_expect_sent(client, seq, std::string(4000, 'x'));
    }
    ASSERT_GT(server.status().at("log").at("first_id"), 2U);
    {
        StoreDb reader{server.data_dir()};
        ASSERT_EQ(reader.number("SELECT count(*) FROM messages"), count);
        fs::remove(StoreDb::file(server.data_dir()).string() + "-wal");
        expect_store_failure(server, "the store is gone");
        EXPECT_TRUE(server.will_say("the store works again")) << server.errors();
    }
    send_and_expect_sent(client, count + 1, "more");
    EXPECT_EQ(server.stop(), 0) << server.errors();
    StoreDb store{server.data_dir()};
    EXPECT_EQ(store.number("SELECT count(*) FROM messages"), count + 1);
    EXPECT_EQ(store.text("PRAGMA integrity_check"), "ok");
}

/// An older copy of the database is put back beside the write-ahead log of the lost one.
class CopyBesideAnOldWriteAheadLog : public ::testing::Test {
  protected:
    CopyBesideAnOldWriteAheadLog() {
        send_up_to(100);
        const fs::path backup = server_.folder() / "backup.db";
        if (server_.belfryctl({"backup", backup.string()}).status != 0)
            throw Failure("the backup failed");
        send_up_to(200);
        fs::remove(StoreDb::file(server_.data_dir()));
        fs::rename(backup, StoreDb::file(server_.data_dir()));
    }

    void send_up_to(std::uint64_t last) {
        for (; next_ <= last; ++next_) send_and_expect_sent(client_, next_, std::string(1000, 'x'));
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

TEST_F(CopyBesideAnOldWriteAheadLog, IsNotWrittenBeforeTheOldLogIsMovedAway) {
    expect_store_failure(server_, "belfry.db-wal belongs to the database that is gone");
    fs::rename(StoreDb::file(server_.data_dir()).string() + "-wal", server_.folder() / "aside");
    EXPECT_TRUE(server_.will_say("the store works again")) << server_.errors();
    send_up_to(201);
    expect_stored(201);
}

TEST_F(CopyBesideAnOldWriteAheadLog, IsNotDamagedByARestart) {
    expect_store_failure(server_, "belfry.db-wal belongs to the database that is gone");
    EXPECT_EQ(server_.stop(), 1);
    server_.start();
    client_ = log_in_when_store_works(server_);
    send_up_to(201);
    expect_stored(201);
}

void move_files(const fs::path& from, const fs::path& to) {
    for (const auto& entry : fs::directory_iterator{from}) {
        fs::rename(entry.path(), to / entry.path().filename());
    }
}

TEST(VanishedStore, IsNeitherWrittenNorReadIfItIsOfAnotherLog) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    constexpr std::uint64_t count = 100;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        send_and_expect_sent(client, seq, std::string(4000, 'x'));
    }
    const fs::path aside = server.folder() / "aside";
    fs::create_directory(aside);
    move_files(server.data_dir(), aside);
    {
        StoreDb source{aside};
        source.run("VACUUM INTO '" + StoreDb::file(server.data_dir()).string() + "'");
        StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'; DELETE FROM messages");
    }
    fs::copy_file(aside / "segment", server.data_dir() / "segment");  // for belfryctl status
    expect_store_failure(server, "the store is gone");
    RawClient reader = server.connect();
    reader.log_in("2");
    EXPECT_TRUE(server.will_say("was replaced: it belongs to another log")) << server.errors();
    EXPECT_EQ(StoreDb{server.data_dir()}.text("SELECT starts || ' ' || clean FROM log"),
              StoreDb{aside}.text("SELECT starts || ' ' || clean FROM log"));
    for (const auto& entry : fs::directory_iterator{server.data_dir()}) fs::remove(entry.path());
    move_files(aside, server.data_dir());
    EXPECT_EQ(count_verb(reader.read_until_id(count), "MSG"), count) << "the reader was told a GAP";
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

/// Replaces the store by one of another log, with the same clients and no messages.
void replace_by_store_of_another_log(const Server& server) {
    const fs::path copy = server.folder() / "copy.db";
    StoreDb{server.data_dir()}.run("VACUUM INTO '" + copy.string() + "'");
    delete_database(server);
    fs::rename(copy, StoreDb::file(server.data_dir()));
    StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'; DELETE FROM messages");
}

TEST(VanishedStore, IsRefusedAtTheNextStartIfItIsOfAnotherLogAndRecoverIsSuggested) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 5; ++seq) send_and_expect_sent(client, seq, "text");
    server.kill_all();
    const SegmentToRemove segment{server};
    replace_by_store_of_another_log(server);
    const Result started = run(server.command());
    EXPECT_EQ(started.status, 1);
    EXPECT_EQ(lines_of(started.err).size(), 1U) << started.err;
    EXPECT_NE(started.err.find("does not match the shared memory"), std::string::npos)
        << started.err;
    EXPECT_EQ(suggested_recovery(started.err), segment.recover_command());
}

TEST(VanishedStore, RemoveReportsHowManyMessagesWereOnlyInTheSegment) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 5; ++seq) send_and_expect_sent(client, seq, "text");
    server.kill_all();
    replace_by_store_of_another_log(server);
    const Result removed = server.belfryctl({"remove"});
    EXPECT_EQ(removed.status, 0);
    EXPECT_EQ(lines_of(removed.err),
              Lines{"belfryctl: 5 messages were only in the segment, not in the store"});
}

TEST(VanishedStore, RemoveReportsMessagesThatAnOldBackupLacks) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 2; ++seq) send_and_expect_sent(client, seq, "text");
    const fs::path backup = server.folder() / "backup.db";
    ASSERT_EQ(server.belfryctl({"backup", backup.string()}).status, 0);
    for (std::uint64_t seq = 3; seq <= 5; ++seq) send_and_expect_sent(client, seq, "text");
    server.kill_all();
    delete_database(server);
    fs::rename(backup, StoreDb::file(server.data_dir()));
    EXPECT_EQ(lines_of(server.belfryctl({"remove"}).err),
              Lines{"belfryctl: 3 messages were only in the segment, not in the store"});
}

}  // namespace
}  // namespace belfry::test
