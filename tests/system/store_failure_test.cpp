#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/mount.h>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

/// A store that fails while the server runs.
namespace belfry::test {
namespace {

void expect_store_failed(Server& server) {
    EXPECT_TRUE(server.will_say("new messages are refused")) << server.errors();
}

void expect_store_works_again(Server& server) {
    EXPECT_TRUE(server.will_say("the store works again")) << server.errors();
}

TEST(StoreFailure, AFullDiskRefusesNewMessagesAndLosesNoAcceptedOne) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    RawClient client = server.log_in("1");
    RawClient reader = server.log_in("2");
    client.send_message(1, "stored");
    client.expect("SENT 1 1");
    reader.expect_message(1, "1", "stored");
    server.wait_until_saved();

    disk.fill_up();
    client.send_message(2, "accepted, not stored");
    expect_store_failed(server);
    client.send_message(3, "refused");
    client.expect_error("store-failed", "3");
    client.send_message(4, "after it");
    client.expect_error("store-failed", "4");
    client.send("SAY hello\r\n");
    client.expect_error("store-failed");
    client.expect_pong();
    reader.expect_pong();

    disk.make_room();
    client.expect("SENT 2 2");
    reader.expect_message(2, "1", "accepted, not stored");
    expect_store_works_again(server);
    client.send_message(4, "still after the refused one");
    client.expect_error("store-failed", "4");
    client.send_message(3, "again");
    client.expect("SENT 3 3");
    client.send_message(4, "again");
    client.expect("SENT 4 4");
    client.send("SAY and a person\r\n");
    client.expect("SENT 5 5");
    reader.expect_message(3, "1", "again");
}

TEST(StoreFailure, AFileSizeLimitActsLikeAFullDisk) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "stored");
    client.expect("SENT 1 1");
    server.wait_until_saved();
    const pid_t archiver = server.archiver();

    rlimit before{};
    ASSERT_EQ(::prlimit(archiver, RLIMIT_FSIZE, nullptr, &before), 0);
    constexpr rlim_t less_than_a_page = 4'000;  // the log lines of the archiver must still fit
    const rlimit low{less_than_a_page, before.rlim_max};
    ASSERT_EQ(::prlimit(archiver, RLIMIT_FSIZE, &low, nullptr), 0);
    client.send_message(2, "accepted, not stored");
    expect_store_failed(server);

    ASSERT_EQ(::prlimit(archiver, RLIMIT_FSIZE, &before, nullptr), 0);
    client.expect("SENT 2 2");
    expect_store_works_again(server);
    EXPECT_EQ(server.archiver(), archiver);
}

TEST(StoreFailure, RefusedMessagesMayBeSentAgainInOneWrite) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    RawClient client = server.log_in("1");
    client.send_message(1, "stored");
    client.expect("SENT 1 1");
    server.wait_until_saved();
    disk.fail_writes();
    client.send_message(2, "accepted");
    expect_store_failed(server);
    std::string bytes;
    for (int seq = 3; seq <= 9; ++seq) bytes += "SEND " + std::to_string(seq) + " 1\r\nx\r\n";
    client.send(bytes);
    for (int seq = 3; seq <= 9; ++seq) client.expect_error("store-failed", std::to_string(seq));
    disk.mend();
    client.expect("SENT 2 2");
    expect_store_works_again(server);
    client.send(bytes);
    for (int seq = 3; seq <= 9; ++seq) {
        const std::string number = std::to_string(seq);
        client.expect("SENT " + number + " " + number);
    }
}

TEST(StoreFailure, AFullRingRefusesNewMessagesWhileTheStoreFails) {
    FaultyDisk disk;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"},
                   .durability = "commit",
                   .environment = disk.environment()}};
    RawClient client = server.log_in("1");
    disk.fail_syncs();
    std::string bytes;
    const std::string text(4000, 'x');
    constexpr int count = 100;
    for (int seq = 1; seq <= count; ++seq) {
        bytes += "SEND " + std::to_string(seq) + " 4000\r\n" + text + "\r\n";
    }
    client.send(bytes);
    const Frame refused = client.expect_verb("ERR");
    EXPECT_EQ(refused.fields.at(0), "store-failed");
    const std::uint64_t first_refused = refused.number(1);
    disk.mend();
    // Accepted messages get SENT, in order. Refused ones do not.
    std::uint64_t sent = 0;
    std::uint64_t refusals = 1;
    while (sent + refusals < count) {
        const Frame frame = client.next();
        if (frame.verb == "SENT") {
            EXPECT_EQ(frame.number(0), ++sent);
        } else {
            EXPECT_EQ(frame.line.substr(0, 16), "ERR store-failed");
            ++refusals;
        }
    }
    EXPECT_EQ(sent, first_refused - 1);
}

/// Returns the next `count` seqs that ERR store-failed names. The ERR for a SAY names none.
std::vector<std::uint64_t> next_refused(RawClient& client, std::size_t count) {
    std::vector<std::uint64_t> seqs;
    while (seqs.size() < count) {
        const Frame frame = client.next();
        if (frame.verb != "ERR" || frame.fields.at(1) == "-") continue;
        EXPECT_EQ(frame.fields.at(0), "store-failed");
        seqs.push_back(frame.number(1));
    }
    return seqs;
}

TEST(StoreFailure, TheFirstRefusedSeqBlocksLaterOnesEvenAfterASay) {
    FaultyDisk disk;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"},
                   .durability = "commit",
                   .environment = disk.environment()}};
    RawClient client = server.log_in("1");
    disk.hold_syncs();
    // The ring holds 63 of these records, which have a little more than 1,030 bytes.
    const std::string line = "SAY " + std::string(1000, 'x') + "\r\n";
    constexpr int many = 63;
    for (int count = 0; count < many; ++count) client.send(line);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("last_id") == many; }));
    client.send(line + "SEND 1000 4\r\ntext\r\nSEND 1100 4\r\ntext\r\n");
    disk.fail_syncs();
    disk.release_syncs();
    const auto refused = next_refused(client, 2);
    disk.mend();
    expect_store_works_again(server);
    client.send("PING settled\r\n");
    while (client.next().line != "PONG settled") {
    }
    client.read_until_id(server.status().at("log").at("last_id"));
    client.send_message(refused[1], "before the first one");
    client.expect_error("store-failed", std::to_string(refused[1]));
    client.send_message(refused[0], "text");
    EXPECT_EQ(client.expect_verb("SENT").number(0), refused[0]);
    client.send_message(refused[1], "text");
    EXPECT_EQ(client.expect_verb("SENT").number(0), refused[1]);
}

TEST(StoreFailure, AStopThatCannotStoreEverythingKeepsTheSegment) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    {
        RawClient client = server.log_in("1", "ack=manual");
        client.send_message(1, "stored");
        client.expect("SENT 1 1");
        server.wait_until_saved();
        disk.fill_up();
        client.send_message(2, "not stored");
        expect_store_failed(server);
    }
    EXPECT_EQ(server.stop(), 1);
    EXPECT_NE(server.errors().find("not all data could be stored"), std::string::npos);
    EXPECT_TRUE(server.segment());
    disk.make_room();
    server.start();
    RawClient client = server.connect();
    client.log_in("1", "ack=manual");
    client.expect("SENT 1 1");
    client.read_until("SENT");
    EXPECT_EQ(server.stop(), 0) << server.errors();
    EXPECT_FALSE(server.segment());
}

TEST(StoreFailure, AStoreThatCannotBeReadDelaysOnlyItsReaders) {
    FaultyDisk disk;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"},
                   .durability = "commit",
                   .environment = disk.environment()}};
    RawClient sender = server.log_in("1");
    const std::string text(1000, 'x');
    constexpr std::uint64_t count = 500;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        sender.send_message(seq, text);
        sender.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
    }
    disk.fail_reads();
    RawClient late = server.connect();
    late.log_in("2");
    EXPECT_TRUE(server.will_say("read failed: the store")) << server.errors();
    sender.expect_pong();
    disk.mend();
    EXPECT_EQ(count_verb(late.read_until_id(count), "MSG"), count);
}

TEST(StoreFailure, StoredMessagesAreReadWhileTheDiskIsFull) {
    FaultyDisk disk;
    Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"},
                   .durability = "commit",
                   .environment = disk.environment()}};
    RawClient sender = server.log_in("1");
    constexpr std::uint64_t count = 200;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
        sender.send_message(seq, std::string(1000, 'x'));
        sender.expect("SENT " + std::to_string(seq) + " " + std::to_string(seq));
    }
    server.wait_until_saved();
    // SQLite removes a write-ahead log that has nothing new when its last user closes it.
    StoreDb{server.data_dir()}.run("PRAGMA wal_checkpoint(TRUNCATE)");
    disk.fill_up();
    sender.send_message(count + 1, "accepted, not stored");
    expect_store_failed(server);
    RawClient late = server.connect();
    late.log_in("2");
    EXPECT_EQ(count_verb(late.read_until_id(count), "MSG"), count);
    EXPECT_EQ(server.errors().find("read failed"), std::string::npos) << server.errors();
    disk.make_room();
    late.read_until_id(count + 1);
}

/// Mounts a small file system in place of the data directory.
class SmallDisk {
  public:
    explicit SmallDisk(const Server& server) : path_{server.data_dir()} {
        mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }

    [[nodiscard]] bool is_mounted() const { return mounted_; }

    void fill_up() const {
        std::ofstream file{filler()};
        const std::string block(4096, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void make_room() const { std::filesystem::remove(filler()); }

  private:
    [[nodiscard]] std::filesystem::path filler() const { return path_ / "filler"; }

    std::filesystem::path path_;
    bool mounted_ = false;
};

TEST(StoreFailure, ARealDiskThatWasFullLosesNoAcceptedMessage) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    const SmallDisk disk{server};
    if (!disk.is_mounted()) GTEST_SKIP() << "this process may not mount a file system";
    server.start();
    RawClient client = server.log_in("1");
    client.send_message(1, "stored");
    client.expect("SENT 1 1");
    disk.fill_up();
    const std::string text(60'000, 'x');
    std::uint64_t seq = 1;
    // Messages that are accepted but not stored get no answer yet. Then the first one is refused.
    const auto is_refused = [&] {
        client.send_message(++seq, text);
        client.receive(10);
        while (const auto frame = client.next_received()) {
            if (frame->verb != "ERR") continue;
            seq = frame->number(1);  // the first refused one; no later one is accepted either
            return true;
        }
        return false;
    };
    EXPECT_TRUE(eventually(is_refused));
    disk.make_room();
    // The archiver tries again every second.
    const auto is_accepted = [&] {
        client.send_message(seq, "again");
        const std::string number = std::to_string(seq);
        while (true) {
            const Frame frame = client.next();
            if (frame.verb == "ERR") return false;
            if (frame.line == "SENT " + number + " " + number) return true;
        }
    };
    EXPECT_TRUE(eventually(is_accepted));
    RawClient reader = server.connect();
    reader.log_in("2");
    EXPECT_EQ(count_verb(reader.read_until_id(seq), "MSG"), seq);
    EXPECT_EQ(server.stop(), 0) << server.errors();
}

TEST(StoreFailure, ADamagedPageIsReportedAndTheOtherMessagesAreServed) {
    Server server{{.durability = "commit"}};
    constexpr std::uint64_t count = 3000;
    {
        RawClient client = server.log_in("1");
        std::string bytes;
        for (std::uint64_t seq = 1; seq <= count; ++seq) {
            bytes += "SEND " + std::to_string(seq) + " 40\r\n" + std::string(40, 'x') + "\r\n";
        }
        client.send(bytes);
        client.read_until_id(count);
    }
    EXPECT_EQ(server.stop(), 0);
    const auto file = StoreDb::file(server.data_dir());
    constexpr std::uintmax_t page = 4096;
    const auto middle = std::filesystem::file_size(file) / page / 2 * page;
    {
        std::fstream database{file, std::ios::in | std::ios::out | std::ios::binary};
        database.seekp(static_cast<std::streamoff>(middle));
        database << std::string(page, '\xa5');
    }
    server.start();
    RawClient reader = server.connect();
    reader.log_in("2");
    const auto frames = reader.read_until_id(count);
    EXPECT_EQ(count_verb(frames, "GAP"), 1U);
    EXPECT_GT(count_verb(frames, "MSG"), count - 200);
    for (const Frame& frame : frames) {
        if (frame.verb != "GAP") continue;
        const std::string said =
            "cannot read messages " + frame.fields[0] + " to " + frame.fields[1];
        EXPECT_TRUE(server.will_say(said)) << frame.line << "\n" << server.errors();
    }
}

}  // namespace
}  // namespace belfry::test
