#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

/// `belfryctl import` accepts an export and an unused data directory, and refuses anything else.
namespace belfry::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

TEST(BelfryctlImport, ReadsStandardInput) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const std::string text = exported(server);
    const fs::path data = folder.path() / "data";
    const Result result =
        belfryctl(data, {"import", "-"}, Input::file(folder.write("export", text)));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(belfryctl(data, {"export"}).out, text);
}

TEST(BelfryctlImport, RefusesADataDirectoryThatIsInUse) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.wait_until_saved();  // the export contains the cursor, which is saved after the message
    const fs::path file = server.folder() / "export";
    const std::string before = exported(server);
    write_file(file, before);
    const auto refused = [&] { return server.belfryctl({"import", file.string()}); };
    expect_one_line(refused(), 1, "already contains a store");
    server.kill_all();
    expect_one_line(refused(), 1, "already contains a store");
    EXPECT_EQ(exported(server), before);

    Server memory;
    const auto refused_too = [&] { return memory.belfryctl({"import", file.string()}); };
    expect_one_line(refused_too(), 1, "in use");
    memory.kill_all();
    expect_one_line(refused_too(), 1, "already has a server segment");
}

TEST(BelfryctlImport, DoesNotUseTheRemainsOfAnotherStore) {
    const Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const TempDir folder;
    const fs::path file = folder.write("export", exported(server));
    const fs::path data = folder.path() / "data";
    fs::create_directory(data);
    write_file(data / "belfry.db-wal", "of the store that was here");
    expect_one_line(belfryctl(data, {"import", file.string()}), 1, "belfry.db-wal already exists");
    fs::remove(data / "belfry.db-wal");
    write_file(data / "belfry.db.new", "of an import that was killed");
    EXPECT_EQ(belfryctl(data, {"import", file.string()}).status, 0);
    EXPECT_EQ(names_in(data), (Lines{"belfry.db", "lock"}));
}

TEST(BelfryctlImport, MalformedInputIsReportedWithItsLineAndLeavesNoFile) {
    const std::string head =
        R"({"format":1,"epoch":"ab","first_id":1,"last_id":2,"durability":"commit",)"
        R"("clean":false,"clients":[{"id":"1","cursor":2,"seq":8}]})"
        "\n";
    const auto message = [](int id, int seq, const char* sender = "1") {
        return R"({"id":)" + std::to_string(id) + R"(,"from":")" + sender + R"(","time":1,"seq":)" +
               std::to_string(seq) + R"(,"text":"x"})" + "\n";
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "line 1 of"},
        {message(1, 1), "line 1 of"},
        {head + "nonsense\n", "line 2 of"},
        {head + message(1, 1) + R"({"id":2,"from":"1","time":1,"seq":2,"text":"x)", "line 3 of"},
        {head + message(2, 1), "expected message 1, found message 2"},
        {head + message(1, 1), "line 3 of"},
        {head + message(1, 1) + message(2, 2) + message(3, 3), "line 4 of"},
        {head + message(1, 1) + message(2, 1), "seq 1 of 1 is not above 1"},
        {head + message(1, 1) + message(2, 9), "above the client's seq in line 1"},
        {head + message(1, 1, "2"), "not among the clients in line 1"},
        {head + message(1, 1) + message(2, 2) + "\n", "line 4 of"},
    };
    const TempDir folder;
    for (const auto& [text, part] : cases) {
        const fs::path file = folder.write("export", text);
        expect_one_line(belfryctl(folder.path() / "data", {"import", file.string()}), 1, part);
        EXPECT_EQ(names_in(folder.path()), Lines{"export"}) << text;
    }
    expect_one_line(belfryctl(folder.path() / "data", {"import", "no-such-file"}), 1,
                    "cannot read no-such-file");
    const fs::path good = folder.write("export", head + message(1, 1) + message(2, 2));
    EXPECT_EQ(belfryctl(folder.path() / "data", {"import", good.string()}).status, 0);
}

TEST(BelfryctlImport, AnAsyncLogThatWasNotStoppedCleanlyBeginsANewEpoch) {
    Server server{{.durability = "async"}};
    publish(server, {"one"});
    const std::string epoch = server.status().at("log").at("epoch");
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 1; }));
    server.kill_all();
    server.lose_segment();
    const fs::path file = server.folder() / "export";
    write_file(file, exported(server));
    fs::remove_all(server.data_dir());
    EXPECT_EQ(server.belfryctl({"import", file.string()}).status, 0);
    server.start();
    EXPECT_NE(server.status().at("log").at("epoch"), epoch);
    EXPECT_EQ(server.status().at("log").at("last_id"), 1);
}

}  // namespace
}  // namespace belfry::test
