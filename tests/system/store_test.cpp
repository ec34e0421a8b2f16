#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// What outlives what, and how it is served afterwards.
namespace belfry::test {
namespace {

void send_and_read(RawClient& client, std::uint64_t first, std::uint64_t last,
                   std::size_t bytes_each = 10) {
    std::string bytes;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
        const std::string number = std::to_string(seq);
        const std::string text = number + std::string(bytes_each - number.size(), '.');
        bytes += "SEND " + number + " " + std::to_string(bytes_each) + "\r\n" + text + "\r\n";
    }
    client.send(bytes);
    client.read_until_id(last);
}

/// Every message from 1 to `last` by client 1, whole, once, in order.
void expect_all(const std::vector<Frame>& frames, std::string_view verb, std::uint64_t last) {
    std::uint64_t next = 1;
    for (const Frame& frame : frames) {
        if (frame.verb != verb) continue;
        ASSERT_EQ(frame.number(0), next);
        ASSERT_EQ(frame.fields[1], "1");
        ASSERT_TRUE(frame.payload.starts_with(std::to_string(next) + "."));
        ++next;
    }
    EXPECT_EQ(next, last + 1);
}

TEST(Store, ALostSegmentIsMadeAgainFromTheStore) {
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

TEST(Store, ACleanStopKeepsEverything) {
    Server server{{.durability = "commit"}};
    std::string epoch;
    {
        RawClient client = server.connect();
        epoch = client.log_in("1").option("epoch");
        send_and_read(client, 1, 100);
        RawClient reader = server.log_in("2", "ack=manual");
        reader.send("ACK 40\r\n");
        reader.expect_pong();
        client.quit();  // its cursor has moved
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

TEST(Store, AfterTheLossOfEverythingACursorIsTheOneSavedLastAndTheRestComesAgain) {
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

TEST(Store, ClientsThatAreNotListedKeepTheirCursors) {
    Server server{{.durability = "commit"}};
    {
        RawClient client = server.log_in("2");
        client.send_message(3, "text");
        client.expect("SENT 3 1");
        client.quit();  // its cursor has moved
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

TEST(Store, ACursorAboveTheEndIsPulledBackLoudly) {
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

TEST(Store, IsForItsOwnerAlone) {
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

TEST(Store, HoldsMessagesAsPeopleWouldQueryThem) {
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

TEST(Store, AsyncWithItsSegmentGoneBeginsANewEpochAndGoesOnBehindWhatIsStored) {
    Server server{{.durability = "async"}};
    const std::string epoch = epoch_of(server);
    {
        RawClient client = server.log_in("1");
        send_and_read(client, 1, 10);
    }
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 10; }));
    server.kill_all();
    server.start();
    EXPECT_EQ(epoch_of(server), epoch) << "the segment was there";
    server.kill_all();
    server.lose_segment();
    server.start();
    EXPECT_NE(epoch_of(server), epoch);
    RawClient client = server.log_in("1");
    client.send_message(11, "text");
    client.expect("SENT 11 11");
}

TEST(Store, AsyncKeepsItsEpochOverACleanStop) {
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

TEST(Store, MemoryAgainstAStoreIsRefusedWhileTheSegmentIsThere) {
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

// --- Slow and late readers --------------------------------------------------------------------

TEST(Store, AHundredThousandMessagesGoThroughASmallRingAndEverybodyGetsEach) {
    constexpr std::uint64_t count = 100'000;
    Server server{{.client_ids = "1,2,3,4", .more = {"--ring-size", "1M"}, .durability = "commit"}};
    RawClient asleep{server.port(), 4096};
    asleep.log_in_live("2");
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, count, 20);
    EXPECT_GT(server.status().at("log").at("first_id"), count / 2);

    RawClient late = server.connect();
    late.log_in("3");
    expect_all(late.read_until("LIVE"), "MSG", count);
    expect_all(asleep.read_until_id(count), "MSG", count);

    RawClient historian = server.log_in("4");
    historian.send("HISTORY 1 1000000\r\n");
    const auto past = historian.read_until("END");
    expect_all(past, "PAST", count);
    EXPECT_EQ(past.back().line, "END 1 " + std::to_string(count));
    historian.send("HISTORY 500 3\r\n");
    EXPECT_EQ(historian.read_until("END").back().line, "END 500 502");

    sender.send_message(count + 1, "live");
    for (RawClient* client : {&asleep, &late, &historian}) {
        client->expect_message(count + 1, "1", "live");
    }
}

TEST(Store, ASenderGetsItsSentsFromTheStoreToo) {
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    {
        RawClient sender = server.log_in("1", "ack=manual");
        send_and_read(sender, 1, 3000, 100);
    }
    RawClient again = server.connect();
    again.log_in("1", "ack=manual");
    const auto frames = again.read_until("LIVE");
    EXPECT_EQ(count_verb(frames, "SENT"), 3000U);
    EXPECT_EQ(frames.front().line, "SENT 1 1");
    EXPECT_EQ(frames.back().line, "LIVE 3000");
}

TEST(Store, AReaderMayLeaveInTheMiddleOfItsBacklogAndGoesOnThere) {
    constexpr std::uint64_t count = 20'000;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}, .durability = "commit"}};
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, count, 20);
    std::uint64_t taken = 0;
    while (taken < count) {
        RawClient reader = server.connect();
        EXPECT_EQ(reader.log_in("2", "ack=manual").option("cursor"), std::to_string(taken));
        taken = std::min(count, taken + 7001);
        reader.read_until_id(taken);
        reader.send("ACK " + std::to_string(taken) + "\r\nQUIT\r\n");
        reader.read_until("BYE");
    }
}

TEST(Store, WhatIsNotKeptIsToldAsAGap) {
    Server server{{.more = {"--keep-messages", "100"}, .durability = "commit"}};
    RawClient sender = server.log_in("1");
    send_and_read(sender, 1, 1000);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("first_id") == 901; }));
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2").option("cursor"), "0");
    late.expect("GAP 1 900");
    EXPECT_EQ(count_verb(late.read_until("LIVE"), "MSG"), 100U);
    late.send("HISTORY 1 5000\r\n");
    EXPECT_EQ(late.read_until("END").back().line, "END 901 1000");
    StoreDb store{server.data_dir()};
    EXPECT_EQ(store.number("SELECT min(id) FROM messages"), 901U);
    EXPECT_EQ(server.stop(), 0);
    server.start();
    RawClient again = server.connect();
    again.log_in("3");
    again.expect("GAP 1 900");
}

TEST(Store, WhatIsTooOldIsToldAsAGapAndIdsGoOn) {
    Server server{{.more = {"--keep-days", "30"}, .durability = "commit"}};
    {
        RawClient sender = server.log_in("1");
        send_and_read(sender, 1, 10);
    }
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("UPDATE messages SET time = time - 31 * 86400000");
    server.start();
    EXPECT_TRUE(eventually(
        [&] { return StoreDb{server.data_dir()}.number("SELECT count(*) FROM messages") == 0; }));
    EXPECT_EQ(server.stop(), 0);
    server.start();
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("2").option("last"), "10");
    late.expect("GAP 1 10");
    late.expect("LIVE 10");
    late.send_message(1, "text");
    late.expect("SENT 1 11");
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

TEST(Store, AnArchiverThatIsStoppedIsReplaced) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    const pid_t archiver = server.archiver();
    ASSERT_EQ(::kill(archiver, SIGSTOP), 0);
    client.send_message(1, "text");
    client.expect("SENT 1 1");
    EXPECT_NE(server.archiver(), archiver);
}

TEST(Store, AStopThatWasNotFinishedIsNoCleanOne) {
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

TEST(Store, TheSegmentIsAttachedByTheArchiverToo) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    EXPECT_TRUE(eventually([&] { return server.attached() == server.all_processes().size(); }));
    EXPECT_EQ(server.all_processes().size(), 3U);
}

}  // namespace
}  // namespace belfry::test
