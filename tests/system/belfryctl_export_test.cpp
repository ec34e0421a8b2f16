#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <fstream>
#include <string>

/// `belfryctl export` writes a log, and `belfryctl import` makes the same log from it.
namespace belfry::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

TEST(BelfryctlExport, WritesTheLogAndThenItsMessagesAsBelfryPrintsThem) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.connect();
    const std::string epoch = client.log_in("1").option("epoch");
    client.send_message(7, "text");
    client.send_message(9, "\xff");
    client.read_until_id(2);
    const Lines lines = lines_of(exported(server));
    ASSERT_EQ(lines.size(), 3U);
    const json head = json::parse(lines[0]);
    EXPECT_EQ(head.at("epoch"), epoch);
    EXPECT_EQ(head.at("first_id"), 1);
    EXPECT_EQ(head.at("last_id"), 2);
    EXPECT_EQ(head.at("clients").at(0).at("seq"), 9);
    const Result printed = run(server.belfry("2", {"--json"}));
    EXPECT_EQ(printed.status, 0) << printed.err;
    const Lines theirs = lines_of(printed.out);
    ASSERT_EQ(theirs.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        json ours = json::parse(lines[i + 1]);
        EXPECT_EQ(ours.at("seq"), 7 + 2 * i);
        ours.erase("seq");
        EXPECT_EQ(ours, json::parse(theirs[i]));
    }
}

TEST(BelfryctlExport, AnImportedLogIsServedLikeTheOriginal) {
    Server server{{.durability = "commit"}};
    const Lines texts = odd_texts();
    publish(server, texts);
    std::string epoch;
    {
        RawClient reader = server.connect();
        epoch = reader.log_in("2", "ack=manual").option("epoch");
        reader.send("ACK 3\r\n");
        reader.read_until_id(texts.size());
        reader.expect("LIVE 6");
        reader.expect_pong();
    }
    EXPECT_EQ(server.stop(), 0);
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    write_file(file, before);
    fs::remove_all(server.data_dir());
    const Result imported = server.belfryctl({"import", file.string()});
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(mode_of(server.data_dir() / "belfry.db"), 0600U);
    EXPECT_EQ(names_in(server.data_dir()), (Lines{"belfry.db", "lock"}));
    EXPECT_EQ(exported(server), before);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);

    server.start();
    RawClient reader = server.connect();
    const Frame welcome = reader.log_in("2", "ack=manual");
    EXPECT_EQ(welcome.option("epoch"), epoch);
    EXPECT_EQ(welcome.option("cursor"), "3");
    for (std::uint64_t id = 4; id <= 6; ++id) reader.expect_message(id, "1", texts[id - 1]);
    RawClient third = server.connect();
    third.log_in("3");
    for (std::uint64_t id = 1; id <= 6; ++id) third.expect_message(id, "1", texts[id - 1]);
    RawClient sender = server.connect();
    EXPECT_EQ(sender.log_in("1").option("seq"), "6");
    sender.read_until("LIVE");
    sender.send_message(6, "again");
    sender.expect("DUP 6");
    sender.send_message(7, "new");
    sender.expect("SENT 7 7");
}

TEST(BelfryctlExport, SeqsThatAreNotSavedYetAreExportedToo) {
    Server server{{.durability = "commit"}};
    publish(server, {"one", "two"});
    server.kill_all();
    StoreDb{server.data_dir()}.run("DELETE FROM clients; UPDATE log SET seqs_up_to = 0");
    const json head = json::parse(lines_of(exported(server)).front());
    EXPECT_EQ(head.at("clients"), json::parse(R"([{"id":"1","cursor":0,"seq":2}])"));
}

TEST(BelfryctlExport, KeepsTheIdsAfterRetentionHasDeletedMessages) {
    Server server{{.more = {"--keep-messages", "10"}, .durability = "commit"}};
    publish_many(server, 100);
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("first_id") == 91; }));
    EXPECT_EQ(server.stop(), 0);
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    EXPECT_EQ(lines_of(before).size(), 11U);
    write_file(file, before);
    fs::remove_all(server.data_dir());
    EXPECT_EQ(server.belfryctl({"import", file.string()}).status, 0);
    EXPECT_EQ(exported(server), before);
    server.start();
    RawClient reader = server.connect();
    EXPECT_EQ(reader.log_in("2").option("last"), "100");
    reader.expect("GAP 1 90");
}

TEST(BelfryctlExport, AnEmptyLogKeepsItsLastId) {
    const TempDir folder;
    const fs::path file = folder.write(
        "export", R"({"format":1,"epoch":"ab","first_id":8,"last_id":7,"durability":"commit",)"
                  R"("clean":true,"clients":[{"id":"1","cursor":7,"seq":7}]})"
                  "\n");
    const fs::path data = folder.path() / "data";
    EXPECT_EQ(belfryctl(data, {"import", file.string()}).status, 0);
    EXPECT_EQ(belfryctl(data, {"export"}).out, read_file(file));
    EXPECT_EQ(belfryctl(data, {"check"}).status, 0);
}

TEST(BelfryctlExport, AnExportUnderLoadIsConsistent) {
    const Server server{{.more = {"--ring-size", "1M"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    const TempDir folder;
    std::uint64_t seq = 0;
    for (int round = 0; round < 5; ++round) {
        std::string bytes;
        for (int i = 0; i < 20'000; ++i) bytes += "SEND " + std::to_string(++seq) + " 2\r\nhi\r\n";
        client.send(bytes);
        const fs::path file = folder.write("export", exported(server));
        const fs::path data = folder.path() / std::to_string(round);
        const Result imported = belfryctl(data, {"import", file.string()});
        EXPECT_EQ(imported.status, 0) << imported.err;
    }
    client.read_until_id(seq);
}

TEST(BelfryctlExport, HoldsNoTransactionWhileItWritesAndReportsMessagesThatRetentionDeleted) {
    Server server{{.durability = "commit"}};
    publish_many(server, 30'000, 100);
    const fs::path pipe = server.folder() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    Process exporting{{"/bin/sh",
                       {"-c", "exec \"$0\" --data-dir \"$1\" export > \"$2\"",
                        program("belfryctl").string(), server.data_dir().string(), pipe.string()}}};
    std::ifstream slow{pipe};
    std::string head;
    std::getline(slow, head);  // belfryctl then waits in the middle of its first megabyte
    EXPECT_EQ(json::parse(head).at("last_id"), 30'000);
    EXPECT_EQ(server.stop(), 0);
    StoreDb store{server.data_dir()};
    store.run("DELETE FROM messages WHERE id <= 20000");
    EXPECT_EQ(store.text("PRAGMA wal_checkpoint(TRUNCATE)"), "0")
        << "a reader blocks the checkpoint";
    std::uint64_t count = 0;
    for (std::string line; std::getline(slow, line);) ++count;
    EXPECT_LT(count, 20'000U);
    EXPECT_EQ(exporting.wait(), 1);
    EXPECT_NE(exporting.err().find("to 20000 were deleted by retention"), std::string::npos)
        << exporting.err();
}

}  // namespace
}  // namespace belfry::test
