#include "base/process.hpp"
#include "shm/layout.hpp"
#include "tests/support/another_user.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/mapped_segment.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

/// Root runs belfryctl on the data directory of another user.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

/// Makes the entry of the process table name a process.
void name_process(shm::ProcessEntry& entry, pid_t pid) {
    entry.word = pack(shm::Halves{1, static_cast<std::uint32_t>(pid)});
    entry.start_time = base::start_time_of(pid).value();
}

TEST(RootOnAServerOfAnotherUser, EndsNoProcessThatAForgedEntryNames) {
    if (!is_root()) return print_that_root_is_needed();
    Process bystander{{"/bin/sleep", {"1000"}}};
    Server server{of_another_user("memory")};
    server.kill_all();
    {
        const MappedSegment segment{server};
        name_process(segment.process(shm::supervisor_entry), bystander.pid());
        name_process(segment.process(shm::archiver_entry), bystander.pid());
        name_process(segment.process(shm::first_session_entry), bystander.pid());
    }
    const Result result = server.belfryctl({"stop"});
    EXPECT_TRUE(bystander.is_running());
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(server.segment());
}

TEST(RootOnAServerOfAnotherUser, RemovesNoFileOfItsOwnAsAPortFile) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("memory")};
    const TempDir roots;
    const fs::path file = roots.write("port", std::to_string(server.port()) + "\n");
    server.kill_all();
    std::ofstream{server.data_dir() / "port-file"} << file.string();
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0);
    EXPECT_TRUE(fs::exists(file));
}

TEST(RootOnAServerOfAnotherUser, CreatesFilesForTheOwnerOfTheDirectory) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("commit")};
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    const TempDir roots;  // no other user can read the files in it
    const fs::path exported = roots.write("export.json", server.belfryctl({"export"}).out);
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
    EXPECT_EQ(server.belfryctl({"log"}).status, 0);
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0);
    EXPECT_EQ(server.belfryctl({"search", "hello"}).status, 0);
    fs::remove_all(server.data_dir());
    const Result imported = server.belfryctl({"import", exported.string()});
    EXPECT_EQ(imported.status, 0) << imported.err;
    for (const auto& entry : fs::directory_iterator{server.data_dir()}) {
        struct stat facts {};
        ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
        EXPECT_EQ(facts.st_uid, nobody_else) << entry.path();
    }
    server.start();
    EXPECT_EQ(server.connect().log_in("2").option("last"), "1");
}

TEST(RootOnAServerOfAnotherUser, WritesABackupWithItsOwnRights) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("commit")};
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    const TempDir roots;  // no other user can write to it
    const fs::path copy = roots.path() / "belfry.db";
    const Result made = server.belfryctl({"backup", copy.string()});
    EXPECT_EQ(made.status, 0) << made.err;
    struct stat facts {};
    ASSERT_EQ(::stat(copy.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_uid, 0U);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    EXPECT_EQ(StoreDb{roots.path()}.text("SELECT body FROM messages"), "hello");
    EXPECT_EQ(run({program("belfryctl"), {"--data-dir", roots.path().string(), "check"}}).status,
              0);

    // An error in the child that reads the store makes the command fail, and leaves no file.
    EXPECT_EQ(server.stop(), 0);
    fs::remove(server.data_dir() / "belfry.db");
    expect_one_line(server.belfryctl({"backup", (roots.path() / "none.db").string()}), 1,
                    "no store in");
    EXPECT_FALSE(fs::exists(roots.path() / "none.db.new"));
}

/// Runs belfryctl as root on any directory.
Result run_belfryctl(const fs::path& data_dir, const std::string& command) {
    return run({program("belfryctl"), {"--data-dir", data_dir.string(), command}});
}

void give_to(uid_t user, const fs::path& path) {
    ASSERT_EQ(::lchown(path.c_str(), user, user), 0) << path;
}

TEST(RootOnAPathOfAnotherUser, IsNotLedToItsOwnServerByALinkOfAnotherUser) {
    if (!is_root()) return print_that_root_is_needed();
    Server roots;
    for (const bool is_in_own_folder : {true, false}) {
        const TempDir folder;
        const fs::path link = folder.path() / "data";
        fs::create_directory_symlink(roots.data_dir(), link);
        give_to(nobody_else, link);
        if (is_in_own_folder) {
            give_to(nobody_else, folder.path());
        } else {
            fs::permissions(folder.path(), fs::perms{01777});
        }
        for (const char* command : {"stop", "status", "remove"}) {
            expect_one_line(run_belfryctl(link, command), 1, "belongs to user 61234");
        }
        const fs::path around = folder.path() / ".." / folder.path().filename() / "data" / ".";
        expect_one_line(run_belfryctl(around, "stop"), 1, "belongs to user 61234");
    }
    EXPECT_TRUE(roots.is_running());
    EXPECT_EQ(run_belfryctl(roots.data_dir(), "status").status, 0);
}

TEST(RootOnAPathOfAnotherUser, FollowsItsOwnLinkToAServerOfAnotherUser) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("memory")};
    const TempDir folder;
    fs::permissions(folder.path(), fs::perms{01777});
    const fs::path link = folder.path() / "data";
    fs::create_directory_symlink(server.data_dir(), link);
    EXPECT_EQ(run_belfryctl(link, "status").status, 0);
    EXPECT_EQ(run_belfryctl(folder.path() / "." / "data" / ".." / "data" / "", "status").status, 0);
    EXPECT_EQ(run_belfryctl(link, "stop").status, 0);
    EXPECT_TRUE(eventually([&] { return !server.is_running(); }));
}

TEST(RootOnAPathOfAnotherUser, RefusesADirectoryThatCannotBeReached) {
    if (!is_root()) return print_that_root_is_needed();
    const TempDir folder;
    const fs::path data = folder.path() / "data";
    fs::create_symlink("data", data);  // a link to itself, which another user may replace
    give_to(nobody_else, data);
    give_to(nobody_else, folder.path());
    for (const char* command : {"status", "search", "recover", "check"}) {
        std::vector<std::string> arguments{"--data-dir", data.string(), command};
        if (std::string_view{command} == "search") arguments.emplace_back("text");
        if (std::string_view{command} == "recover") {
            arguments.insert(arguments.end(), {"--segment", "0"});
        }
        expect_one_line(run({program("belfryctl"), arguments}), 1,
                        "cannot reach the data directory");
    }
}

TEST(RootOnAPathOfAnotherUser, RefusesAParentFolderThatOthersMayChange) {
    if (!is_root()) return print_that_root_is_needed();
    const Server server;
    const TempDir folder;
    const fs::path data = folder.path() / "data";
    fs::create_directory(data);
    fs::permissions(data, fs::perms{0700});
    const std::string nothing = "no server segment in";
    expect_one_line(run_belfryctl(data, "status"), 1, nothing);
    fs::permissions(folder.path(), fs::perms{0777});
    expect_one_line(run_belfryctl(data, "status"), 1, "is writable by users other than its owner");
    fs::permissions(folder.path(), fs::perms{0770});
    expect_one_line(run_belfryctl(data, "status"), 1, "is writable by users other than its owner");
    fs::permissions(folder.path(), fs::perms{01777});
    expect_one_line(run_belfryctl(data, "status"), 1, nothing);
    fs::permissions(folder.path(), fs::perms{0755});
    give_to(nobody_else, folder.path());
    expect_one_line(run_belfryctl(data, "status"), 1, "belongs to user 61234");
    give_to(nobody_else, data);
    expect_one_line(run_belfryctl(data, "status"), 1, nothing);
}

TEST(RootOnAPathOfAnotherUser, RefusesAMissingDirectory) {
    if (!is_root()) return print_that_root_is_needed();
    const TempDir folder;  // another user may create the directory in a folder like /tmp
    fs::permissions(folder.path(), fs::perms{01777});
    expect_one_line(run_belfryctl(folder.path() / "a" / "b", "check"), 1, "does not exist");
    expect_one_line(run_belfryctl(folder.path() / "a" / ".." / "b", "check"), 1, "cannot reach");
}

TEST(RootOnAPathOfAnotherUser, CanCreateADirectoryInAFolderLikeTmp) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{{.durability = "commit"}};
    const TempDir folder;
    const fs::path exported = folder.write("export.json", server.belfryctl({"export"}).out);
    fs::permissions(folder.path(), fs::perms{01777});
    const fs::path data = folder.path() / "a" / "data";
    const Result imported =
        run({program("belfryctl"), {"--data-dir", data.string(), "import", exported.string()}});
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(run_belfryctl(data, "check").status, 0);
}

}  // namespace
}  // namespace belfry::test
