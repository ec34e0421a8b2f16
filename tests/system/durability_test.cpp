#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

/// The durability decides when SENT and MSG may leave the server. The faulty disk counts syncs and
/// can hold them.
namespace belfry::test {
namespace {

ServerOptions with_disk(const FaultyDisk& disk, std::string durability = "commit") {
    return {.durability = std::move(durability), .environment = disk.environment()};
}

/// Waits until the last message of the log, visible or not, has this id.
void wait_for_last_id(const Server& server, std::uint64_t id) {
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("last_id") == id; }));
}

TEST(Durability, SentAndMsgFollowTheSyncOfTheirCommit) {
    const FaultyDisk disk;
    const Server server{with_disk(disk)};
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
        const std::uint64_t before = disk.wal_syncs();
        sender.send_message(seq, "text");
        // The two clients are read in alternating order: neither SENT nor MSG may precede the sync.
        if (seq % 2 == 0) sender.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
        reader.expect_message(seq, "1", "text");
        EXPECT_GT(disk.wal_syncs(), before);
        if (seq % 2 != 0) sender.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
    }
}

TEST(Durability, NoMessageIsVisibleBeforeItsSyncHasEnded) {
    FaultyDisk disk;
    const Server server{with_disk(disk)};
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    disk.hold_syncs();
    sender.send_message(1, "text");
    disk.wait_for_held_sync();
    wait_for_last_id(server, 1);
    sender.expect_pong();
    reader.expect_pong();
    RawClient late = server.connect();
    EXPECT_EQ(late.log_in("3").option("last"), "0");
    late.expect("LIVE 0");
    late.send("HISTORY 1 10\r\n");
    late.expect("END 0 0");
    EXPECT_EQ(server.status().at("log").at("last_id"), 1);
    EXPECT_EQ(server.status().at("log").at("visible_id"), 0);
    disk.release_syncs();
    sender.expect("SENT 1 1");
    reader.expect_message(1, "1", "text");
    late.expect_message(1, "1", "text");
}

TEST(Durability, AMessageThatAKilledArchiverWroteIsNotVisibleBeforeItIsSynced) {
    FaultyDisk disk;
    const Server server{with_disk(disk)};
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    disk.hold_syncs();
    sender.send_message(1, "text");
    const pid_t killed = disk.wait_for_held_sync();
    ::kill(killed, SIGKILL);
    // The next archiver finds the row in the write-ahead log, and must sync it first.
    disk.wait_for_held_sync(killed);
    sender.expect_pong();
    reader.expect_pong();
    EXPECT_EQ(server.status().at("log").at("stored_id"), 0);
    const std::uint64_t before = disk.wal_syncs();
    disk.release_syncs();
    sender.expect("SENT 1 1");
    reader.expect_message(1, "1", "text");
    EXPECT_GT(disk.wal_syncs(), before);
}

TEST(Durability, AMessageWhoseSyncFailedIsWrittenAgainBeforeItIsVisible) {
    FaultyDisk disk;
    Server server{with_disk(disk)};
    RawClient sender = server.log_in("1");
    sender.send_message(1, "stored");
    sender.expect("SENT 1 1");
    server.wait_until_saved();
    disk.fail_syncs();
    sender.send_message(2, "text");
    EXPECT_TRUE(server.will_say("new messages are refused"));
    ::kill(server.archiver(), SIGKILL);
    const std::uint64_t before = disk.db_syncs();
    disk.mend();
    sender.expect("SENT 2 2");
    EXPECT_GT(disk.db_syncs(), before);
}

TEST(Durability, AVisibleMessageSurvivesAPowerCut) {
    FaultyDisk disk;
    Server server{with_disk(disk)};
    std::uint64_t shown = 0;
    std::uint64_t seq = 0;
    for (int round = 0; round < 10; ++round) {
        RawClient sender = server.log_in("1");
        for (int count = 0; count < 20; ++count) {
            ++seq;
            sender.send_message(seq, "text " + std::to_string(seq));
            shown = sender.next().number(1);
        }
        disk.hold_syncs();
        sender.send_message(seq + 1, "never shown");
        disk.wait_for_held_sync();
        server.kill_all();
        server.lose_segment();
        disk.lose_what_was_not_synced(server.data_dir() / "belfry.db");
        disk.release_syncs();
        server.start();
        EXPECT_EQ(server.status().at("log").at("last_id"), shown);
    }
    RawClient reader = server.connect();
    reader.log_in("2");
    for (std::uint64_t id = 1; id <= shown; ++id) {
        reader.expect_message(id, "1", "text " + std::to_string(id));
    }
}

TEST(Durability, DupWaitsForTheSyncLikeSent) {
    FaultyDisk disk;
    const Server server{with_disk(disk)};
    RawClient first = server.log_in("1", "ack=manual");
    disk.hold_syncs();
    first.send_message(1, "text");
    disk.wait_for_held_sync();
    wait_for_last_id(server, 1);
    RawClient again = server.connect();
    EXPECT_EQ(again.log_in("1", "ack=manual").option("seq"), "0");
    again.expect("LIVE 0");
    const std::uint64_t before = disk.wal_syncs();
    again.send_message(1, "text");
    RawClient other = server.log_in("2");  // the server still serves clients
    other.expect_pong();
    disk.release_syncs();
    std::vector<std::string> lines{again.next().line, again.next().line};
    EXPECT_GT(disk.wal_syncs(), before);
    std::ranges::sort(lines);
    EXPECT_EQ(lines, (std::vector<std::string>{"DUP 1", "SENT 1 1"}));
}

TEST(Durability, TheSeqOfWelcomeIsThatOfTheLastVisibleMessage) {
    FaultyDisk disk;
    const Server server{with_disk(disk)};
    {
        RawClient client = server.log_in("1", "ack=manual");
        client.send_message(7, "stored");
        client.expect("SENT 7 1");
        disk.hold_syncs();
        client.send_message(9, "not yet");
        disk.wait_for_held_sync();
        wait_for_last_id(server, 2);
        client.reset();
    }
    RawClient again = server.connect();
    const Frame welcome = again.log_in("1", "ack=manual");
    EXPECT_EQ(welcome.option("last"), "1");
    EXPECT_EQ(welcome.option("seq"), "7");
    EXPECT_EQ(welcome.option("accepted"), "9");
    disk.release_syncs();
    again.expect("SENT 7 1");
    again.expect("LIVE 1");
    again.expect("SENT 9 2");
}

TEST(Durability, ANewRunOfBelfryDoesNotReuseASeqOfAnEarlierOne) {
    FaultyDisk disk;
    const Server server{with_disk(disk)};
    {
        RawClient earlier = server.log_in("1", "ack=manual");
        disk.hold_syncs();
        earlier.send_message(1, "of an earlier run");
        disk.wait_for_held_sync();
        wait_for_last_id(server, 1);
        earlier.reset();
    }
    Invocation command = server.belfry("1");
    command.input = Input::pipe();
    Process belfry{command};
    belfry.write("of this run\n");
    belfry.close_input();
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("last_id") == 2; }));
    disk.release_syncs();
    EXPECT_EQ(belfry.wait(), 0) << belfry.err();
    RawClient reader = server.connect();
    reader.log_in("2");
    reader.expect_message(1, "1", "of an earlier run");
    reader.expect_message(2, "1", "of this run");
}

TEST(Durability, WithAsyncAMessageIsVisibleBeforeItIsStored) {
    FaultyDisk disk;
    const Server server{with_disk(disk, "async")};
    RawClient sender = server.log_in("1");
    RawClient reader = server.log_in("2");
    disk.hold_syncs();
    sender.send_message(1, "text");
    sender.expect("SENT 1 1");
    reader.expect_message(1, "1", "text");
    EXPECT_EQ(server.status().at("log").at("visible_id"), 1);
    EXPECT_EQ(server.status().at("log").at("stored_id"), 0);
    disk.release_syncs();
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 1; }));
}

TEST(Durability, WritersWaitWhileTheRingIsFullOfUnstoredMessages) {
    FaultyDisk disk;
    const Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"},
                         .durability = "async",
                         .environment = disk.environment()}};
    RawClient sender = server.log_in("1");
    RawClient other = server.log_in("2");
    disk.hold_syncs();
    constexpr std::uint64_t count = 100;
    const std::string text(1000, 'x');
    std::string bytes;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 1000\r\n" + text + "\r\n";
    }
    sender.send(bytes);
    const auto is_full = [&] {
        const auto log = server.status().at("log");
        return log.at("used_bytes").get<std::uint64_t>() > 60'000;
    };
    EXPECT_TRUE(eventually(is_full));
    EXPECT_EQ(server.status().at("log").at("first_id"), 1);
    other.read_until_id(50);
    disk.release_syncs();
    sender.read_until_id(count);
    EXPECT_EQ(count_verb(other.read_until_id(count), "GAP"), 0U);
}

/// If many clients are online, the archiver wakes them a few at a time. A client that it forgot
/// would wake by itself only after up to five seconds, so the rounds would exceed the deadline.
TEST(Durability, EachOfManyOnlineClientsIsWokenForEachMessage) {
    constexpr int readers = 80;
    constexpr std::uint64_t rounds = 20;
    std::string ids = "1";
    for (int reader = 2; reader <= readers + 1; ++reader) ids += "," + std::to_string(reader);
    const Server server{{.client_ids = ids, .durability = "commit"}};
    std::vector<RawClient> crowd;
    for (int reader = 2; reader <= readers + 1; ++reader) {
        crowd.push_back(server.log_in(std::to_string(reader)));
    }
    RawClient sender = server.log_in("1");
    const Deadline deadline{Milliseconds{50'000}};
    for (std::uint64_t id = 1; id <= rounds; ++id) {
        const std::string number = std::to_string(id);
        sender.send_message(id, number);
        sender.expect("SENT " + number + " " + number);
        for (RawClient& reader : crowd) reader.expect_message(id, "1", number);
    }
    EXPECT_FALSE(deadline.passed());
}

}  // namespace
}  // namespace belfry::test
