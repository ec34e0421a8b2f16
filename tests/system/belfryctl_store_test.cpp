#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <string>

/// The rules that hold for every command of belfryctl that needs a store.
namespace belfry::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::vector<Lines> store_commands(const fs::path& folder) {
    return {{"search", "x"}, {"export", "--json"}, {"backup", (folder / "copy.db").string()}};
}

TEST(BelfryctlStore, CommandsFailWithOneLineIfThereIsNoStore) {
    const Server server;
    const TempDir nothing;
    for (const Lines& command : store_commands(server.folder())) {
        expect_one_line(server.belfryctl(command), 1, "in memory only");
        expect_one_line(belfryctl(nothing.path(), command), 1, "no store in");
    }
    EXPECT_EQ(names_in(nothing.path()), Lines{});
    EXPECT_FALSE(fs::exists(server.folder() / "copy.db"));
}

TEST(BelfryctlStore, AForeignFileOrANewerStoreIsReported) {
    const TempDir folder;
    fs::create_directory(folder.path() / "data");
    const auto expect_all = [&](std::string_view part) {
        auto commands = store_commands(folder.path());
        commands.push_back({"check"});
        for (const Lines& command : commands) {
            expect_one_line(belfryctl(folder.path() / "data", command), 1, part);
        }
        EXPECT_EQ(names_in(folder.path()), Lines{"data"});
    };
    write_file(folder.path() / "data/belfry.db", std::string(10'000, 'x'));
    expect_all("file is not a database");
    fs::remove(folder.path() / "data/belfry.db");
    write_file(folder.path() / "data/belfry.db", "");
    StoreDb{folder.path() / "data"}.run("CREATE TABLE notes(text)");
    expect_all("is not a Belfry database");
    StoreDb{folder.path() / "data"}.run(
        "PRAGMA application_id = 0x42454c46; PRAGMA user_version = 2");
    expect_all("schema version 2");
}

TEST(BelfryctlStore, WrongUsageIsReportedInOneLineWithExitCode2) {
    const TempDir folder;
    for (const Lines& command :
         {Lines{"search"}, Lines{"search", "a", "b"}, Lines{"backup"}, Lines{"import"},
          Lines{"export", "file"}, Lines{"import", "--json", "x"}, Lines{"restore"}}) {
        expect_one_line(belfryctl(folder.path(), command), 2, "belfryctl: ");
    }
}

TEST(BelfryctlStatus, ShowsDurabilityStoreAndArchiver) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    const std::string page = server.belfryctl({"status"}).out;
    for (const std::string& part :
         {std::string{"durability  commit\n"}, std::string{"store       works, messages up to 1"},
          "archiver    " + std::to_string(server.archiver()) + ", version "}) {
        EXPECT_NE(page.find(part), std::string::npos) << page;
    }
    EXPECT_EQ(server.status().at("store").at("state"), "works");
    EXPECT_EQ(server.status().at("log").at("durability"), "commit");
    server.kill_all();
    const std::string dead = server.belfryctl({"status"}).out;
    EXPECT_NE(dead.find("archiver    not running\n"), std::string::npos) << dead;
    const Server memory;
    const std::string without = memory.belfryctl({"status"}).out;
    EXPECT_NE(without.find("store       none\n"), std::string::npos) << without;
}

TEST(BelfryctlRemove, ReportsHowManyMessagesWereNotStored) {
    Server server{{.durability = "async"}};
    publish(server, {"one", "two"});
    EXPECT_TRUE(eventually([&] { return server.status().at("log").at("stored_id") == 2; }));
    ::kill(server.archiver(), SIGSTOP);
    publish(server, {"three", "four", "five"});
    server.kill_all();
    const Result result = server.belfryctl({"remove"});
    expect_one_line(result, 0, "3 messages were only in the segment");
    EXPECT_FALSE(server.segment());
    EXPECT_EQ(texts_of(server.belfryctl({"search", "o"}).out), (Lines{"one", "two"}));
}

TEST(BelfryctlRemove, PrintsNothingIfEveryMessageIsStored) {
    Server server{{.durability = "commit"}};
    publish(server, {"one"});
    server.kill_all();
    const Result result = server.belfryctl({"remove"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace belfry::test
