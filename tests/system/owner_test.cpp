#include "tests/support/another_user.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

/// The programs trust a data directory and its files only as far as their owner and permissions
/// allow.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

// --- links in the place of files ----------------------------------------------------------------

TEST(DataDirectoryOwner, StopDoesNotCreateTheTargetOfALinkInThePlaceOfAFile) {
    for (const char* name : {"lock", "store-lock"}) {
        Server server{{.durability = "commit"}};
        server.kill_all();
        const fs::path target = server.folder() / "made through a link";
        fs::remove(server.data_dir() / name);
        fs::create_symlink(target, server.data_dir() / name);
        expect_one_line(server.belfryctl({"stop"}), 1, std::string{name} + ": is a symbolic link");
        EXPECT_FALSE(fs::exists(target)) << name;
        fs::remove(server.data_dir() / name);
        EXPECT_EQ(server.belfryctl({"stop"}).status, 0) << name;
    }
}

TEST(DataDirectoryOwner, ALinkInThePlaceOfAFileIsRefused) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    const fs::path kept = server.folder() / "belfry.db";
    fs::rename(server.data_dir() / "belfry.db", kept);
    fs::create_symlink(kept, server.data_dir() / "belfry.db");
    const std::string why = "belfry.db: is a symbolic link";
    expect_one_line(server.belfryctl({"export"}), 1, why);
    expect_one_line(run(server.command()), 1, why);
    fs::remove(server.data_dir() / "lock");
    fs::create_symlink("elsewhere", server.data_dir() / "lock");
    expect_one_line(run(server.command()), 1, "lock: is a symbolic link");
}

TEST(DataDirectoryOwner, APipeInThePlaceOfAFileIsRefusedWithoutWaiting) {
    const TempDir folder;
    ASSERT_EQ(::mkfifo((folder.path() / "segment").c_str(), 0600), 0);
    const Result result =
        run({program("belfryctl"), {"--data-dir", folder.path().string(), "status"}});
    expect_one_line(result, 1, "segment: not a regular file");
}

TEST(DataDirectoryOwner, ALinkToTheDataDirectoryIsFollowed) {
    Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    const fs::path link = server.folder() / "link";
    fs::create_directory_symlink(server.data_dir(), link);
    for (const char* command : {"status", "log", "check", "export", "stop"}) {
        const Result result = run({program("belfryctl"), {"--data-dir", link.string(), command}});
        EXPECT_EQ(result.status, 0) << command << ": " << result.err;
    }
    Invocation command = server.command();
    std::ranges::replace(command.arguments, server.data_dir().string(), link.string());
    server.start(command);
    EXPECT_EQ(server.connect().log_in("2").option("last"), "1");
}

TEST(DataDirectoryOwner, ALargeFileInThePlaceOfASmallOneIsRefused) {
    const TempDir folder;
    static_cast<void>(folder.write("segment", std::string(65536, ' ')));
    const Result result =
        run({program("belfryctl"), {"--data-dir", folder.path().string(), "status"}});
    expect_one_line(result, 1, "segment: File too large");
}

TEST(DataDirectoryOwner, ABackupFollowsNoLinkInItsPlace) {
    const Server server{{.durability = "commit"}};
    const TempDir folder;
    const fs::path victim = folder.write("victim", "precious");
    const fs::path place = folder.path() / "copy.db";
    fs::create_symlink(victim, place);
    expect_one_line(server.belfryctl({"backup", place.string()}), 1, "already exists");
    fs::remove(place);
    fs::create_symlink(victim, folder.path() / "copy.db.new");
    expect_one_line(server.belfryctl({"backup", place.string()}), 1, "exists");
    EXPECT_EQ(read_file(victim), "precious");
}

// --- the owner of the directory ------------------------------------------------------------------

TEST(DataDirectoryOwner, ADirectoryThatOthersMayWriteToIsRefusedByBothPrograms) {
    const TempDir folder;
    const std::string path = folder.path().string();
    for (const auto mode : {fs::perms{0770}, fs::perms{0707}, fs::perms{0720}, fs::perms{0702}}) {
        fs::permissions(folder.path(), mode);
        const std::string why = "is writable by users other than its owner";
        expect_one_line(
            run({program("belfryd"), {"-client_ids", "1", "-port", "0", "--data-dir", path}}), 2,
            why);
        expect_one_line(run({program("belfryctl"), {"--data-dir", path, "status"}}), 1, why);
    }
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(DataDirectoryOwner, ADirectoryOfAnotherUserIsRefused) {
    const TempDir folder;
    const std::string path = folder.path().string();
    if (!is_root()) {
        // Every user trusts a directory that belongs to root.
        const Result result = run({program("belfryctl"), {"--data-dir", "/", "status"}});
        expect_one_line(result, 1, "no server segment in /");
        return;
    }
    ASSERT_EQ(::chown(path.c_str(), nobody_else, nobody_else), 0);
    expect_one_line(
        run({program("belfryd"), {"-client_ids", "1", "-port", "0", "--data-dir", path}}), 2,
        "belongs to user 61234");
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace belfry::test
