#include "tests/support/numbered_messages.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// Messages, cursors and the epoch survive stops, killed processes and the loss of the segment.
namespace belfry::test {
namespace {

TEST(Store, ALostSegmentIsRestoredFromTheStore) {
    Server server{{.durability = "commit"}};
    std::string epoch;
    {
        RawClient client = server.connect();
        epoch = client.log_in("1", "ack=manual").option("epoch");
        client.expect("LIVE 0");
        client.send_message(5, "five");
        client.expect("SENT 5 1");
        client.send_message(9, "nine");
        client.expect("SENT 9 2");
    }
    server.kill_all();
    server.lose_segment();
    server.start();
    RawClient client = server.connect();
    const Frame welcome = client.log_in("1", "ack=manual");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("last"), "2");
    EXPECT_EQ(welcome.option("seq"), "9");
    client.expect("SENT 5 1");
    client.expect("SENT 9 2");
    client.expect("LIVE 2");
    client.send_message(9, "nine");
    client.expect("DUP 9");
    client.send_message(10, "ten");
    client.expect("SENT 10 3");
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect_message(1, "1", "five");
    reader.expect_message(2, "1", "nine");
    reader.expect_message(3, "1", "ten");
}

TEST(Store, ACleanStopKeepsMessagesCursorsAndEpoch) {
    Server server{{.durability = "commit"}};
    std::string epoch;
    {
        RawClient client = server.connect();
        epoch = client.log_in("1").option("epoch");
        send_and_read(client, 1, 100);
        RawClient reader = server.log_in("2", "ack=manual");
        reader.send("ACK 40\r\n");
        reader.expect_pong();
        client.quit();  // afterwards its cursor has moved
    }
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_FALSE(server.segment());
    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2", "ack=manual");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("cursor"), "40");
    EXPECT_EQ(welcome.option("last"), "100");
    EXPECT_EQ(count_verb(reader.read_until("LIVE"), "MSG"), 60U);
    EXPECT_EQ(server.connect().log_in("1").option("cursor"), "100");
}

TEST(Store, CursorsAreSavedWithinASecondOrTwo) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "text");
    client.expect("SENT 1 1");
    StoreDb store{server.data_dir()};
    EXPECT_TRUE(eventually([&] {
        return store.text("SELECT cursor FROM clients WHERE id = '1'") == "1" &&
               store.text("SELECT seq FROM clients WHERE id = '1'") == "1";
    }));
    server.kill_all();
    server.lose_segment();
    server.start();
    EXPECT_EQ(server.connect().log_in("1").option("cursor"), "1");
}

TEST(Store, ALostSegmentLeavesTheLastSavedCursorAndLaterMessagesComeAgain) {
    Server server{{.durability = "commit"}};
    {
        RawClient sender = server.log_in("1");
        send_and_read(sender, 1, 100);
        RawClient reader = server.log_in("2", "ack=manual");
        reader.send("ACK 40\r\n");
        StoreDb store{server.data_dir()};
        EXPECT_TRUE(eventually(
            [&] { return store.text("SELECT max(cursor) FROM clients WHERE id = '2'") == "40"; }));
        reader.send("ACK 90\r\n");
        reader.expect_pong();
    }
    server.kill_all();
    server.lose_segment();
    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2", "ack=manual");
    const std::string cursor = welcome.option("cursor");
    EXPECT_TRUE(cursor == "40" || cursor == "90") << cursor;
    EXPECT_EQ(count_verb(reader.read_until("LIVE"), "MSG"), 100 - std::stoul(cursor));
}

TEST(Store, AClientThatIsNotConfiguredKeepsItsCursor) {
    Server server{{.durability = "commit"}};
    {
        RawClient client = server.log_in("2");
        client.send_message(3, "text");
        client.expect("SENT 3 1");
        client.quit();  // afterwards its cursor has moved
    }
    EXPECT_EQ(server.stop(), 0);
    Invocation fewer = server.command();
    std::ranges::replace(fewer.arguments, std::string{"1,2,3"}, std::string{"1"});
    server.start(fewer);
    RawClient refused = server.connect();
    refused.send("LOGIN 2\r\n");
    refused.expect_error("unknown-client");
    EXPECT_EQ(server.stop(), 0);
    server.start();
    const Frame welcome = server.connect().log_in("2");
    EXPECT_EQ(welcome.option("cursor"), "1");
    EXPECT_EQ(welcome.option("seq"), "3");
}

TEST(Store, ACursorAboveTheEndIsPulledBackAndLogged) {
    Server server{{.durability = "commit"}};
    {
        RawClient client = server.log_in("1");
        client.send_message(1, "text");
        client.expect("SENT 1 1");
    }
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("INSERT OR REPLACE INTO clients VALUES('2', 1000, 0)");
    server.start();
    EXPECT_NE(server.errors().find("moved back to 1"), std::string::npos) << server.errors();
    EXPECT_EQ(server.connect().log_in("2").option("cursor"), "1");
}

TEST(Store, IsReadableOnlyByItsOwner) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "text");
    client.expect("SENT 1 1");
    for (const char* name : {"belfry.db", "belfry.db-wal", "belfry.db-shm", "store-lock"}) {
        struct stat facts {};
        ASSERT_EQ(::stat((server.data_dir() / name).c_str(), &facts), 0) << name;
        EXPECT_EQ(facts.st_mode & 0777, 0600U) << name;
    }
}

TEST(Store, HoldsMessagesInTheDocumentedTables) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(4, "caf\xc3\xa9");
    client.send_message(5, std::string_view{"\x00\xff", 2});
    client.read_until_id(2);
    StoreDb store{server.data_dir()};
    EXPECT_EQ(store.text("SELECT id || sender || seq || body || typeof(body) FROM messages"),
              "114caf\xc3\xa9text");
    EXPECT_EQ(store.text("SELECT hex(body) || typeof(body) FROM messages WHERE id = 2"),
              "00FFblob");
    EXPECT_EQ(store.number("SELECT count(*) FROM messages WHERE abs(time / 1000 - "
                           "strftime('%s', 'now')) < 60"),
              2U);
}

// --- Epochs -----------------------------------------------------------------------------------

std::string epoch_of(const Server& server) {
    return server.status().at("log").at("epoch");
}

TEST(Store, AnAsyncServerThatLostItsSegmentBeginsANewEpochAfterTheStoredMessages) {
    Server server{{.durability = "async"}};
    const std::string epoch = epoch_of(server);
    {
        RawClient client = server.log_in("1");
        send_and_read(client, 1, 10);
    }
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 10; }));
    server.kill_all();
    server.start();
    EXPECT_EQ(epoch_of(server), epoch) << "the segment still existed";
    server.kill_all();
    server.lose_segment();
    server.start();
    EXPECT_NE(epoch_of(server), epoch);
    RawClient client = server.log_in("1");
    client.send_message(11, "text");
    client.expect("SENT 11 11");
}

TEST(Store, AnAsyncServerKeepsItsEpochOverACleanStop) {
    Server server{{.durability = "async"}};
    const std::string epoch = epoch_of(server);
    {
        RawClient client = server.log_in("1");
        send_and_read(client, 1, 1000);
    }
    EXPECT_EQ(server.stop(), 0);
    server.start();
    EXPECT_EQ(epoch_of(server), epoch);
    EXPECT_EQ(server.status().at("log").at("stored_id"), 1000);
}

TEST(Store, ASwitchFromAStoreToMemoryIsRefusedWhileTheSegmentExists) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    Invocation other = server.command();
    std::ranges::replace(other.arguments, std::string{"commit"}, std::string{"memory"});
    const Result result = run(other);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("--durability"), std::string::npos) << result.err;
    std::ranges::replace(other.arguments, std::string{"memory"}, std::string{"async"});
    server.start(other);
    EXPECT_NE(server.errors().find("commit, which stays until"), std::string::npos)
        << server.errors();
}

// --- Processes --------------------------------------------------------------------------------

TEST(Store, TheNextServerAdoptsTheArchiver) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    const pid_t archiver = server.archiver();
    server.kill_supervisor();
    client.send_message(1, "without a supervisor");
    client.expect("SENT 1 1");
    server.start();
    EXPECT_EQ(server.archiver(), archiver);
    client.send_message(2, "with the next one");
    client.expect("SENT 2 2");
    ::kill(archiver, SIGKILL);
    client.send_message(3, "and its own archiver");
    client.expect("SENT 3 3");
    EXPECT_NE(server.archiver(), archiver);
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST(Store, AStoppedArchiverIsReplaced) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    const pid_t archiver = server.archiver();
    ASSERT_EQ(::kill(archiver, SIGSTOP), 0);
    client.send_message(1, "text");
    client.expect("SENT 1 1");
    EXPECT_NE(server.archiver(), archiver);
}

TEST(Store, AnUnfinishedStopDoesNotCountAsClean) {
    Server server{{.durability = "async"}};
    const std::string epoch = epoch_of(server);
    server.kill_all();
    StoreDb{server.data_dir()}.run("UPDATE log SET clean = 1");
    server.start();
    server.kill_all();
    server.lose_segment();
    server.start();
    EXPECT_NE(epoch_of(server), epoch);
}

TEST(Store, AStopByBelfryctlWithoutASupervisorStoresEverything) {
    Server server{{.durability = "async"}};
    {
        RawClient client = server.log_in("1");
        send_and_read(client, 1, 5000);
        server.kill_supervisor();
        client.send_message(5001, "text");
        client.expect("SENT 5001 5001");
        ::kill(server.archiver(), SIGKILL);
        client.send_message(5002, "text");
        client.expect("SENT 5002 5002");
    }
    const Result result = server.belfryctl({"stop"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(server.segment());
    EXPECT_TRUE(server.all_processes().empty());
    EXPECT_EQ(StoreDb{server.data_dir()}.number("SELECT max(id) FROM messages"), 5002U);
    server.start();
    EXPECT_EQ(server.status().at("log").at("last_id"), 5002);
}

TEST(Store, TheArchiverIsAttachedToTheSegment) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    EXPECT_TRUE(eventually([&] { return server.attached() == server.all_processes().size(); }));
    EXPECT_EQ(server.all_processes().size(), 3U);
}

}  // namespace
}  // namespace belfry::test
