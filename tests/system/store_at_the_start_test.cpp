#include "tests/support/faulty_disk.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

/// belfryd does not start with a store that it cannot use.
namespace belfry::test {
namespace {

/// Runs belfryd, expects one line on standard error that names the store, and returns it.
std::string error_at_start(Server& server) {
    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(lines_of(std::string_view{result.err}).size(), 1U) << result.err;
    EXPECT_NE(result.err.find("belfry.db"), std::string::npos) << result.err;
    return result.err;
}

TEST(StoreAtTheStart, AFileThatIsNotADatabaseIsRefused) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    std::ofstream{StoreDb::file(server.data_dir())} << std::string(8192, 'x');
    EXPECT_NE(error_at_start(server).find("not a database"), std::string::npos);
    EXPECT_FALSE(server.segment());
}

TEST(StoreAtTheStart, AForeignDatabaseIsRefused) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("PRAGMA application_id = 1");
    EXPECT_NE(error_at_start(server).find("is not a Belfry database"), std::string::npos);
}

TEST(StoreAtTheStart, ANewerSchemaIsRefused) {
    Server server{{.durability = "commit"}};
    EXPECT_EQ(server.stop(), 0);
    StoreDb{server.data_dir()}.run("PRAGMA user_version = 2");
    EXPECT_NE(error_at_start(server).find("schema version 2"), std::string::npos);
}

TEST(StoreAtTheStart, AFullDiskIsRefused) {
    FaultyDisk disk;
    Server server{{.durability = "commit", .environment = disk.environment()}};
    EXPECT_EQ(server.stop(), 0);
    disk.fill_up();
    EXPECT_NE(error_at_start(server).find("full"), std::string::npos);
    disk.make_room();
    server.start();
}

TEST(StoreAtTheStart, AMissingStoreIsRefusedIfItsSegmentExists) {
    Server server{{.durability = "commit"}};
    {
        RawClient client = server.log_in("1");
        client.send_message(1, "text");
        client.expect("SENT 1 1");
    }
    server.kill_all();
    std::filesystem::remove(StoreDb::file(server.data_dir()));
    error_at_start(server);
    EXPECT_TRUE(server.segment());
}

TEST(StoreAtTheStart, AStoreOfAnotherLogThanTheSegmentIsRefused) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    StoreDb{server.data_dir()}.run("UPDATE log SET epoch = 'abc'");
    const Result result = run(server.command());
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("abc"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace belfry::test
