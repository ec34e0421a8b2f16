#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

/// `belfryctl check` compares the ring with the store, and looks for damage in the store.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

TEST(BelfryctlCheck, RingAndStoreAgreeUnderLoadAndRetention) {
    const Server server{
        {.more = {"--ring-size", "1M", "--keep-messages", "500"}, .durability = "commit"}};
    RawClient client = server.log_in("1");
    std::uint64_t seq = 0;
    for (int round = 0; round < 20; ++round) {
        std::string bytes;
        for (int i = 0; i < 2'000; ++i) {
            bytes += "SEND " + std::to_string(++seq) + " 10\r\n0123456789\r\n";
        }
        client.send(bytes);
        const Result result = server.belfryctl({"check"});
        EXPECT_EQ(result.status, 0) << result.out << result.err;
        EXPECT_NE(result.out.find("matches the segment"), std::string::npos) << result.out;
    }
    client.read_until_id(seq);
}

/// Damages the store of a dead server with SQL, and expects check to report the sentence.
/// @param also_alone whether check finds the damage without the segment too
void expect_found(const std::string& sql, std::string_view sentence, bool also_alone) {
    Server server{{.durability = "commit"}};
    publish(server, {"one", "two", "three", "four"});
    EXPECT_TRUE(eventually(
        [&] { return StoreDb{server.data_dir()}.text("SELECT seqs_up_to FROM log") == "4"; }));
    server.kill_all();
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    StoreDb{server.data_dir()}.run(sql);
    const Result result = server.belfryctl({"check"});
    EXPECT_EQ(result.status, 1) << sql;
    EXPECT_NE(result.out.find(sentence), std::string::npos) << sql << ": " << result.out;
    server.lose_segment();
    const Result alone = server.belfryctl({"check"});
    EXPECT_EQ(alone.status, also_alone ? 1 : 0) << sql << ": " << alone.out << alone.err;
}

TEST(BelfryctlCheck, FindsAChangedRow) {
    expect_found("UPDATE messages SET body = 'tow' WHERE id = 2",
                 "message 2 differs between the store and the segment: body\n", false);
    expect_found("UPDATE messages SET sender = '2', seq = 77, time = time + 1 WHERE id = 3",
                 "message 3 differs between the store and the segment: sender, seq, time\n", false);
}

TEST(BelfryctlCheck, FindsADeletedRow) {
    expect_found("DELETE FROM messages WHERE id = 2",
                 "message 2 counts as stored but is not in the store\n", true);
    expect_found("DELETE FROM messages WHERE id = 2", "the store has a hole", true);
    expect_found("DELETE FROM messages WHERE id = 4", "is above the store's last id 3", true);
    expect_found("DELETE FROM messages", "the store ends at 0 but once had 4", true);
}

TEST(BelfryctlCheck, FindsACursorAboveTheEndAndAForeignEpoch) {
    expect_found("UPDATE clients SET cursor = 9 WHERE id = '1'",
                 "the saved cursor of client 1 is 9, above the store's last id 4\n", true);
    expect_found("UPDATE log SET epoch = 'abc'", "the store has epoch abc", false);
}

TEST(BelfryctlCheck, PrintsAForgedClientIdWithoutControlCharacters) {
    expect_found("UPDATE clients SET cursor = 9, id = 'x' || char(27, 10, 8238) WHERE id = '1'",
                 "the saved cursor of client x????? is 9", true);
}

TEST(BelfryctlCheck, FindsThatTheStoreIsGone) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.kill_all();
    for (const char* name : {"belfry.db", "belfry.db-wal", "belfry.db-shm"}) {
        fs::remove(server.data_dir() / name);
    }
    const Result result = server.belfryctl({"check"});
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.out.find("the store is gone"), std::string::npos) << result.out;
}

TEST(BelfryctlCheck, ReadsTheWholeFileIfThereIsNoSegment) {
    Server server{{.durability = "commit"}};
    publish_many(server, 2'000, 100);
    EXPECT_EQ(server.stop(), 0);
    const Result whole = server.belfryctl({"check"});
    EXPECT_EQ(whole.status, 0) << whole.err;
    EXPECT_EQ(whole.out, "the store is intact\n");
    {
        std::fstream file{server.data_dir() / "belfry.db", std::ios::in | std::ios::out};
        file.seekp(20 * 4096);
        file << std::string(2048, '\xee');
    }
    const Result damaged = server.belfryctl({"check"});
    EXPECT_EQ(damaged.status, 1);
    EXPECT_NE(damaged.out.find("the file is damaged"), std::string::npos)
        << damaged.out << damaged.err;
}

}  // namespace
}  // namespace belfry::test
