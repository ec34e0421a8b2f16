#include "base/process.hpp"
#include "shm/layout.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"
#include "tests/support/terminal.hpp"

#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

/// Whom the programs believe: a data directory, its files and its segment say what their owner
/// wants them to say.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t nobody_else = 61'234;

bool is_root() {
    return ::geteuid() == 0;
}

void print_that_root_is_needed() {
    std::cout << "only root can become another user: nothing is tested here\n";
}

/// A server of another user's, which root then looks at.
ServerOptions of_another_user(std::string durability) {
    return {.durability = std::move(durability), .user = nobody_else};
}

void expect_one_line(const Result& result, int status, std::string_view part) {
    EXPECT_EQ(result.status, status) << result.out << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

/// The segment of a server, mapped by the test itself.
class MappedSegment {
  public:
    explicit MappedSegment(const Server& server)
        : address_{::shmat(server.segment().value().shmid, nullptr, 0)} {
        if (address_ == reinterpret_cast<void*>(-1)) throw system_failure("shmat");
    }
    MappedSegment(const MappedSegment&) = delete;
    MappedSegment& operator=(const MappedSegment&) = delete;
    ~MappedSegment() { ::shmdt(address_); }

    [[nodiscard]] shm::Prefix& prefix() const { return *at<shm::Prefix>(0); }
    [[nodiscard]] shm::Geometry& geometry() const {
        return *at<shm::Geometry>(prefix().body_offset);
    }
    [[nodiscard]] shm::LogHeader& log() const { return *at<shm::LogHeader>(geometry().log_offset); }
    [[nodiscard]] shm::ProcessEntry& process(std::size_t entry) const {
        return at<shm::ProcessEntry>(prefix().processes_offset)[entry];
    }

  private:
    template <class T>
    [[nodiscard]] T* at(std::uint64_t offset) const {
        return reinterpret_cast<T*>(static_cast<char*>(address_) + offset);
    }

    void* address_;
};

void name_process(shm::ProcessEntry& entry, pid_t pid) {
    entry.word = pack(shm::Halves{1, static_cast<std::uint32_t>(pid)});
    entry.start_time = base::start_time_of(pid).value();
}

// --- links in the place of files ----------------------------------------------------------------

TEST(DataDirectoryOwner, StopDoesNotCreateWhatALinkInThePlaceOfAFilePointsTo) {
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

TEST(DataDirectoryOwner, ALinkInThePlaceOfAFileIsNamed) {
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

TEST(DataDirectoryOwner, APipeInThePlaceOfAFileIsNotWaitedFor) {
    const TempDir folder;
    ASSERT_EQ(::mkfifo((folder.path() / "segment").c_str(), 0600), 0);
    const Result result =
        run({program("belfryctl"), {"--data-dir", folder.path().string(), "status"}});
    expect_one_line(result, 1, "segment: not a regular file");
}

TEST(DataDirectoryOwner, ALinkThatLeadsToTheDirectoryIsFollowed) {
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

TEST(DataDirectoryOwner, ALargeFileInThePlaceOfASmallOneIsNotRead) {
    const TempDir folder;
    static_cast<void>(folder.write("segment", std::string(8192, ' ')));
    const Result result =
        run({program("belfryctl"), {"--data-dir", folder.path().string(), "status"}});
    expect_one_line(result, 1, "segment: File too large");
}

// --- whose directory it is ----------------------------------------------------------------------

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
        // What belongs to root is trusted, whoever runs the program.
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

// --- root ---------------------------------------------------------------------------------------

TEST(RootAndAnothersServer, NoProcessThatAForgedEntryNamesIsEnded) {
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

TEST(RootAndAnothersServer, NoFileOfRootsIsRemovedAsItsPortFile) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("memory")};
    const TempDir roots;
    const fs::path file = roots.write("port", std::to_string(server.port()) + "\n");
    server.kill_all();
    std::ofstream{server.data_dir() / "port-file"} << file.string();
    EXPECT_EQ(server.belfryctl({"stop"}).status, 0);
    EXPECT_TRUE(fs::exists(file));
}

TEST(RootAndAnothersServer, WhatIsMadeInTheDirectoryBelongsToItsOwner) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("commit")};
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    const TempDir roots;  // nobody else can read what lies in it
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

TEST(RootAndAnothersServer, ABackupIsMadeWithTheCallersRights) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("commit")};
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    const TempDir roots;  // nobody else can write to it
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

    // What fails in the child that reads the store fails the command, and leaves nothing.
    EXPECT_EQ(server.stop(), 0);
    fs::remove(server.data_dir() / "belfry.db");
    expect_one_line(server.belfryctl({"backup", (roots.path() / "none.db").string()}), 1,
                    "no store in");
    EXPECT_FALSE(fs::exists(roots.path() / "none.db.new"));
}

/// belfryctl, run by root, on a directory that need not be a server's own.
Result by_root(const fs::path& data_dir, const std::string& command) {
    return run({program("belfryctl"), {"--data-dir", data_dir.string(), command}});
}

void give_to(uid_t user, const fs::path& path) {
    ASSERT_EQ(::lchown(path.c_str(), user, user), 0) << path;
}

TEST(RootAndAnothersPath, ALinkOfAnotherUsersDoesNotLeadRootToItsOwnServer) {
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
            expect_one_line(by_root(link, command), 1, "belongs to user 61234");
        }
        const fs::path around = folder.path() / ".." / folder.path().filename() / "data" / ".";
        expect_one_line(by_root(around, "stop"), 1, "belongs to user 61234");
    }
    EXPECT_TRUE(roots.is_running());
    EXPECT_EQ(by_root(roots.data_dir(), "status").status, 0);
}

TEST(RootAndAnothersPath, ALinkOfRootsLeadsToTheServerOfAnotherUser) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{of_another_user("memory")};
    const TempDir folder;
    fs::permissions(folder.path(), fs::perms{01777});
    const fs::path link = folder.path() / "data";
    fs::create_directory_symlink(server.data_dir(), link);
    EXPECT_EQ(by_root(link, "status").status, 0);
    EXPECT_EQ(by_root(folder.path() / "." / "data" / ".." / "data" / "", "status").status, 0);
    EXPECT_EQ(by_root(link, "stop").status, 0);
    EXPECT_TRUE(eventually([&] { return !server.is_running(); }));
}

TEST(RootAndAnothersPath, ADirectoryThatCannotBeReachedIsRefused) {
    if (!is_root()) return print_that_root_is_needed();
    const TempDir folder;
    const fs::path data = folder.path() / "data";
    fs::create_symlink("data", data);  // to itself: it may soon be something else
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

TEST(RootAndAnothersPath, AFolderAboveThatOthersMayChangeIsRefused) {
    if (!is_root()) return print_that_root_is_needed();
    const Server server;
    const TempDir folder;
    const fs::path data = folder.path() / "data";
    fs::create_directory(data);
    fs::permissions(data, fs::perms{0700});
    const std::string nothing = "no server segment in";
    expect_one_line(by_root(data, "status"), 1, nothing);
    fs::permissions(folder.path(), fs::perms{0777});
    expect_one_line(by_root(data, "status"), 1, "is writable by users other than its owner");
    fs::permissions(folder.path(), fs::perms{0770});
    expect_one_line(by_root(data, "status"), 1, "is writable by users other than its owner");
    fs::permissions(folder.path(), fs::perms{01777});
    expect_one_line(by_root(data, "status"), 1, nothing);
    fs::permissions(folder.path(), fs::perms{0755});
    give_to(nobody_else, folder.path());
    expect_one_line(by_root(data, "status"), 1, "belongs to user 61234");
    give_to(nobody_else, data);
    expect_one_line(by_root(data, "status"), 1, nothing);
}

TEST(RootAndAnothersPath, AMissingDirectoryIsNotLookedAt) {
    if (!is_root()) return print_that_root_is_needed();
    const TempDir folder;  // somebody may make it in a folder like /tmp
    fs::permissions(folder.path(), fs::perms{01777});
    expect_one_line(by_root(folder.path() / "a" / "b", "check"), 1, "does not exist");
    expect_one_line(by_root(folder.path() / "a" / ".." / "b", "check"), 1, "cannot reach");
}

TEST(RootAndAnothersPath, ADirectoryCanBeMadeInAFolderLikeTmp) {
    if (!is_root()) return print_that_root_is_needed();
    Server server{{.durability = "commit"}};
    const TempDir folder;
    const fs::path exported = folder.write("export.json", server.belfryctl({"export"}).out);
    fs::permissions(folder.path(), fs::perms{01777});
    const fs::path data = folder.path() / "a" / "data";
    const Result imported =
        run({program("belfryctl"), {"--data-dir", data.string(), "import", exported.string()}});
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_EQ(by_root(data, "check").status, 0);
}

TEST(DataDirectoryOwner, ABackupFollowsNoLinkThatStandsInItsPlace) {
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

// --- a segment whose words cannot be true -------------------------------------------------------

using Damage = std::function<void(const MappedSegment&)>;

struct NamedDamage {
    const char* name;
    Damage damage;
};

const std::vector<NamedDamage>& damages() {
    static const std::vector<NamedDamage> all{
        {"processes behind the end", [](auto& s) { s.prefix().processes_offset = 1ULL << 40; }},
        {"processes at the edge", [](auto& s) { s.prefix().processes_offset = ~0ULL - 7; }},
        {"a long stride", [](auto& s) { s.prefix().processes_stride = 0xffff'fff8; }},
        {"many processes", [](auto& s) { s.prefix().processes_count = 0xffff'ffff; }},
        {"a body behind the end", [](auto& s) { s.prefix().body_offset = ~0ULL - 63; }},
        {"a ring as large as can be", [](auto& s) { s.geometry().ring_bytes = ~0ULL; }},
        {"no ring", [](auto& s) { s.geometry().ring_bytes = 0; }},
        {"an index of no power of two", [](auto& s) { s.geometry().index_entries = 1000; }},
        {"a large index", [](auto& s) { s.geometry().index_entries = 1ULL << 62; }},
        {"many rows", [](auto& s) { s.geometry().client_rows = 0xffff'ffff; }},
        {"many slots", [](auto& s) { s.geometry().session_slots = 0xffff'ffff; }},
        {"a large payload", [](auto& s) { s.geometry().max_payload = 0xffff'ffff; }},
        {"a log behind the end", [](auto& s) { s.geometry().log_offset = 1ULL << 40; }},
        {"clients at an odd place", [](auto& s) { s.geometry().clients_offset += 1; }},
        {"a ring elsewhere", [](auto& s) { s.geometry().ring_offset += 4096; }},
        {"another size", [](auto& s) { s.prefix().segment_bytes += 4096; }},
    };
    return all;
}

TEST(UnsoundSegment, IsOneClearLineInEveryProgram) {
    Server server;
    server.kill_all();
    for (const auto& [name, damage] : damages()) {
        SCOPED_TRACE(name);
        const MappedSegment segment{server};
        const shm::Geometry geometry = segment.geometry();
        const std::uint64_t head[] = {segment.prefix().processes_offset,
                                      segment.prefix().body_offset, segment.prefix().segment_bytes};
        const std::uint32_t counts[] = {segment.prefix().processes_count,
                                        segment.prefix().processes_stride};
        damage(segment);
        for (const char* command : {"status", "log", "check", "metrics", "stop"}) {
            SCOPED_TRACE(command);
            expect_one_line(server.belfryctl({command}), 1, "is damaged");
        }
        expect_one_line(server.belfryctl({"log", "--follow"}), 1, "is damaged");
        expect_one_line(run(server.command()), 1, "is damaged");
        segment.prefix().processes_offset = head[0];
        segment.prefix().body_offset = head[1];
        segment.prefix().segment_bytes = head[2];
        segment.prefix().processes_count = counts[0];
        segment.prefix().processes_stride = counts[1];
        segment.geometry() = geometry;
    }
    EXPECT_EQ(server.belfryctl({"check"}).status, 0) << "all is as before";
}

TEST(UnsoundSegment, IsShownByTopAndDeletedByRemove) {
    Server server;
    server.kill_all();
    MappedSegment{server}.geometry().client_rows = 0xffff'ffff;
    {
        Terminal terminal{{"/usr/bin/env",
                           {"ASAN_OPTIONS=detect_leaks=0", program("belfryctl").string(),
                            "--data-dir", server.data_dir().string(), "top"}},
                          {100, 20}};
        terminal.expect("cannot be read by this program");
        terminal.type("q");
    }
    const Result result = server.belfryctl({"remove"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_FALSE(server.segment());
}

TEST(UnsoundSegment, ThatBecomesSoWhileItIsReadDoesNoHarm) {
    Server server;
    RawClient client = server.log_in("1");
    client.send_message(1, "hello");
    client.expect("SENT 1 1");
    Process follower{
        {program("belfryctl"), {"--data-dir", server.data_dir().string(), "log", "--follow"}}};
    ASSERT_TRUE(eventually([&] { return follower.out().find("hello") != std::string::npos; }));
    {
        const MappedSegment segment{server};
        const shm::Geometry before = segment.geometry();
        segment.geometry().session_slots = 0xffff'ffff;
        segment.geometry().ring_bytes = 1ULL << 40;
        server.kill_all();
        follower.wait();
        segment.geometry() = before;
    }
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_EQ(server.belfryctl({"check"}).status, 0);
}

TEST(UnsoundSegment, ThatClaimsMoreRecordsThanItsIndexHoldsIsBroken) {
    Server server;
    server.kill_all();
    {
        const MappedSegment segment{server};
        segment.log().first_id = 1;
        segment.log().last_id = segment.geometry().index_entries + 1;
        segment.log().derived_id = segment.geometry().index_entries + 1;
    }
    EXPECT_EQ(server.belfryctl({"log"}).out, "");
    const Result checked = server.belfryctl({"check"});
    EXPECT_EQ(checked.status, 1);
    EXPECT_EQ(lines_of(checked.out).size(), 1U);
    EXPECT_NE(checked.out.find("(2) the index is wrong at record 1"), std::string::npos);
}

TEST(UnsoundSegment, WhoseEpochIsNoNumberIsNotRecovered) {
    Server server{{.durability = "commit"}};
    server.kill_all();
    std::string_view{"\x1b[2J"}.copy(MappedSegment{server}.prefix().epoch, 4);
    const fs::path fresh = server.folder() / "new";
    const Result result = run({program("belfryctl"),
                               {"--data-dir", fresh.string(), "recover", "--segment",
                                std::to_string(server.segment().value().shmid)}});
    expect_one_line(result, 1, "its epoch is not 1 to 32 hexadecimal digits");
    EXPECT_FALSE(fs::exists(fresh));
}

TEST(UnsoundSegment, ASessionInNoSlotIsOffline) {
    Server server;
    server.kill_all();
    {
        const MappedSegment segment{server};
        auto* rows = reinterpret_cast<shm::ClientRow*>(reinterpret_cast<char*>(&segment.prefix()) +
                                                       segment.geometry().clients_offset);
        rows[0].session = pack(shm::Halves{1, 0xffff'ffff});
    }
    EXPECT_EQ(server.client_status("1").at("online"), false);
    EXPECT_EQ(server.belfryctl({"check"}).status, 1);
}

}  // namespace
}  // namespace belfry::test
