#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <string>

/// `belfryctl backup` of a running, a stopped and a dead server.
namespace belfry::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

TEST(BelfryctlBackup, ABackupMadeUnderLoadIsCompleteAndCanBeServed) {
    Server server{{.more = {"--ring-size", "1M"}, .durability = "commit"}};
    publish_many(server, 50'000, 100);
    const std::string epoch = server.status().at("log").at("epoch");
    const fs::path file = server.folder() / "backup.db";
    {
        RawClient client = server.log_in("1");
        std::uint64_t seq = 50'000;
        Process backup{{program("belfryctl"),
                        {"--data-dir", server.data_dir().string(), "backup", file.string()}}};
        while (backup.is_running()) {
            std::string bytes;
            for (int i = 0; i < 50; ++i) bytes += "SEND " + std::to_string(++seq) + " 2\r\nhi\r\n";
            client.send(bytes);
        }
        EXPECT_EQ(backup.wait(), 0) << backup.err();
        EXPECT_EQ(backup.err(), "");
        client.read_until_id(seq);
        RecordProperty("published meanwhile", std::to_string(seq - 50'000));
    }
    EXPECT_EQ(mode_of(file), 0600U);
    EXPECT_EQ(names_in(server.folder()), (Lines{"backup.db", "data", "port"}));

    EXPECT_EQ(server.stop(), 0);
    fs::remove_all(server.data_dir());
    fs::create_directory(server.data_dir());
    fs::rename(file, server.data_dir() / "belfry.db");
    const Result checked = server.belfryctl({"check"});
    EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
    StoreDb store{server.data_dir()};
    const std::uint64_t last = store.number("SELECT max(id) FROM messages");
    EXPECT_GE(last, 50'000U);
    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("last"), std::to_string(last));
    EXPECT_EQ(count_verb(reader.read_until("LIVE"), "MSG"), last);
}

TEST(BelfryctlBackup, BackupsOfAStoppedAndOfADeadServerHoldTheSameMessages) {
    Server server{{.durability = "commit"}};
    publish(server, odd_texts());
    server.kill_all();
    const std::string dead = (server.folder() / "dead.db").string();
    EXPECT_EQ(server.belfryctl({"backup", dead}).status, 0);
    server.start();
    EXPECT_EQ(server.stop(), 0);
    const std::string stopped = (server.folder() / "stopped.db").string();
    EXPECT_EQ(server.belfryctl({"backup", stopped}).status, 0);
    const std::string rows = lines_of(exported(server)).back();
    for (const std::string& file : {dead, stopped}) {
        const fs::path data = server.folder() / (fs::path{file}.stem().string() + ".d");
        fs::create_directory(data);
        fs::rename(file, data / "belfry.db");
        EXPECT_EQ(lines_of(belfryctl(data, {"export"}).out).back(), rows);
    }
}

TEST(BelfryctlBackup, AFailedBackupReplacesNoFileAndLeavesNone) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const fs::path taken = folder.write("taken.db", "precious");
    expect_one_line(server.belfryctl({"backup", taken.string()}), 1, "already exists");
    EXPECT_EQ(read_file(taken), "precious");
    expect_one_line(server.belfryctl({"backup", (folder.path() / "no/such/dir").string()}), 1,
                    "cannot create");
    const fs::path wal = folder.write("other.db-wal", "of another database");
    expect_one_line(server.belfryctl({"backup", (folder.path() / "other.db").string()}), 1,
                    "other.db-wal already exists");
    EXPECT_EQ(names_in(folder.path()), (Lines{"other.db-wal", "taken.db"}));
}

}  // namespace
}  // namespace belfry::test
