#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

/// belfryd does not start with a store that it cannot use.
namespace belfry::test {
namespace {

/// A start that fails, with one line that names the store.
std::string refusal_of(Server& server) {
    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(lines_of(std::string_view{result.err}).size(), 1U) << result.err;
    EXPECT_NE(result.err.find("belfry.db"), std::string::npos) << result.err;
    return result.err;
}

TEST(StoreAtTheStart, AFileThatIsNoDatabaseIsRefusedAtTheStart) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    std::ofstream{StoreDb::file(server.data_dir())} << std::string(8192, 'x');
    EXPECT_NE(refusal_of(server).find("not a database"), std::string::npos);
    EXPECT_FALSE(server.segment());
}

TEST(StoreAtTheStart, AForeignDatabaseIsRefusedAtTheStart) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("PRAGMA application_id = 1");
    EXPECT_NE(refusal_of(server).find("is not a Belfry database"), std::string::npos);
}

TEST(StoreAtTheStart, ANewerSchemaIsRefusedAtTheStart) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("PRAGMA user_version = 2");
    EXPECT_NE(refusal_of(server).find("schema version 2"), std::string::npos);
}

TEST(StoreAtTheStart, AFullDiskIsRefusedAtTheStart) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    EXPECT_EQ(server.stop(), 0);
    disk.fill_up();
    EXPECT_NE(refusal_of(server).find("full"), std::string::npos);
    disk.make_room();
    server.start();
}

TEST(StoreAtTheStart, AStoreThatIsGoneWhileItsSegmentIsThereIsRefused) {
    Server server{{.durability = "commit"}};
    {
        RawClient client = server.log_in("1");
        client.send_message(1, "text");
        client.expect("SENT 1 1");
    }
    server.kill_all();
    std::filesystem::remove(StoreDb::file(server.data_dir()));
    refusal_of(server);
    EXPECT_TRUE(server.segment());
}

TEST(StoreAtTheStart, AStoreOfAnotherLogThanTheSegmentsIsRefused) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'");
    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("abc"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace belfry::test
