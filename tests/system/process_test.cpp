#include "base/unique_fd.hpp"
#include "shm/huge_pages.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

/// The system shows the processes of a server: their titles, code pages, OOM scores and limits.
namespace belfry::test {
namespace {

std::filesystem::path proc(pid_t pid, const std::string& name) {
    return std::filesystem::path{"/proc"} / std::to_string(pid) / name;
}

std::set<pid_t> pids_in(const std::string& text) {
    std::istringstream words{text};
    return {std::istream_iterator<pid_t>{words}, {}};
}

/// Expects that the pids which the command prints include those of all processes of the server.
void expect_finds_all(const Server& server, const Invocation& command) {
    const std::set<pid_t> found = pids_in(run(command).out);
    for (const pid_t pid : server.all_processes()) {
        EXPECT_TRUE(found.contains(pid)) << command.program << " does not find " << title_of(pid);
    }
}

TEST(ProcessTitle, ShowsTheRoleOfEachProcess) {
    const Server server{{.durability = "commit"}};
    const std::string place = " (" + server.data_dir().string() + ")";
    EXPECT_EQ(title_of(server.pid()), "belfryd: supervisor" + place);
    EXPECT_EQ(title_of(server.archiver()), "belfryd: archiver" + place);
    RawClient halting = server.connect();
    halting.send("LOGI");
    EXPECT_TRUE(eventually([&] {
        return std::ranges::any_of(server.children(), [&](pid_t pid) {
            return title_of(pid) == "belfryd: login" + place;
        });
    }));
    RawClient client = server.log_in("1");
    EXPECT_EQ(title_of(server.child_of("1")), "belfryd: client 1" + place);
}

TEST(ProcessTitle, KeepsTheNameByWhichPgrepAndKillallFindProcesses) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    for (const pid_t pid : server.all_processes())
        EXPECT_EQ(read_file(proc(pid, "comm")), "belfryd\n");
    expect_finds_all(server, {.program = "/usr/bin/pgrep", .arguments = {"belfryd"}});
    expect_finds_all(server, {.program = "/usr/bin/pgrep", .arguments = {"-x", "belfryd"}});
}

TEST(ProcessTitle, HidesNoProcessFromTheSearchForLeftovers) {
    const Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    RawClient halting = server.connect();
    halting.send("LOGI");
    EXPECT_TRUE(eventually([&] { return server.children().size() == 3; }));
    expect_finds_all(server, {.program = source_file("tests/left_processes"),
                              .arguments = {},
                              .environment = {{"BELFRY_TEST_ROOT", server.folder().string()}}});
}

/// An executable mapping of a process, from /proc/PID/smaps.
struct Code {
    std::string file;
    std::uint64_t begin = 0;
    std::uint64_t kib = 0;
    std::uint64_t huge_kib = 0;  ///< the part of `kib` that is in huge pages
};

/// Returns the executable mappings of a process, without those that the kernel adds.
std::vector<Code> code_of(pid_t pid) {
    std::istringstream smaps{read_file(proc(pid, "smaps"))};
    std::vector<Code> result;
    bool is_code = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words{line};
        std::string first, second, skipped, name;
        words >> first >> second;
        if (first.ends_with(':')) {
            if (is_code && first == "Rss:") result.back().kib = std::stoull(second);
            if (is_code && first == "ShmemPmdMapped:") result.back().huge_kib = std::stoull(second);
            continue;
        }
        words >> skipped >> skipped >> skipped >> name;
        is_code = second.find('x') != std::string::npos && !name.starts_with('[');
        if (is_code) result.push_back({name, std::stoull(first, nullptr, 16)});
    }
    return result;
}

/// True if the kernel can give as many huge pages as the code of belfryd needs.
bool kernel_gives_huge_pages() {
    constexpr std::size_t bytes = 2 * shm::huge_page;
    const std::string content(bytes, 'x');
    const base::UniqueFd memory{::memfd_create("probe", MFD_CLOEXEC)};
    if (::write(memory.get(), content.data(), bytes) != static_cast<ssize_t>(bytes)) return false;
    void* const probe = ::mmap(shm::huge_page_room(bytes), bytes, PROT_READ | PROT_EXEC,
                               MAP_PRIVATE, memory.get(), 0);
    if (probe == MAP_FAILED) return false;
    const bool huge = shm::collapse_into_huge_pages(probe, bytes);
    ::munmap(probe, bytes);
    return huge;
}

TEST(Code, IsInHugePagesInEveryProcess) {
    const Server server{{.durability = "commit"}};
    const std::vector<Code> code = code_of(server.pid());
    if (code.size() > 1) GTEST_SKIP() << "a server with shared libraries";
    ASSERT_EQ(code.size(), 1U);
    if (code[0].begin % shm::huge_page != 0) GTEST_SKIP() << "not loaded where huge pages fit";
    if (!kernel_gives_huge_pages()) GTEST_SKIP() << "this kernel gives no huge page";
    RawClient client = server.log_in("1");
    for (const pid_t pid : server.all_processes()) {
        const std::vector<Code> all = code_of(pid);
        ASSERT_EQ(all.size(), 1U) << title_of(pid);
        EXPECT_EQ(all[0].file, "/memfd:belfryd") << title_of(pid);
        EXPECT_GT(all[0].kib, 0U) << title_of(pid);
        EXPECT_EQ(all[0].huge_kib, all[0].kib) << title_of(pid);
    }
}

TEST(Code, StaysInItsFileForProfilersIfHugePagesAreTurnedOff) {
    const Server server{{.durability = "commit", .environment = {{"BELFRY_HUGE_PROGRAM", "off"}}}};
    RawClient client = server.log_in("1");
    for (const pid_t pid : server.all_processes()) {
        const std::vector<Code> all = code_of(pid);
        EXPECT_TRUE(std::ranges::any_of(all, [](const Code& code) {
            return code.file.ends_with("/belfryd");
        })) << title_of(pid);
    }
}

TEST(OutOfMemoryKiller, KillsSessionsBeforeSupervisorAndArchiver) {
    const std::string ours = read_file("/proc/self/oom_score_adj");
    const Server server{{.durability = "commit"}};
    RawClient client = server.log_in("1");
    const std::string supervisor = read_file(proc(server.pid(), "oom_score_adj"));
    EXPECT_EQ(read_file(proc(server.child_of("1"), "oom_score_adj")), ours);
    EXPECT_EQ(read_file(proc(server.archiver(), "oom_score_adj")), supervisor);
    // Not every system permits a process to lower its score.
    std::ofstream self{"/proc/self/oom_score_adj"};
    self << "-1\n" << std::flush;
    const bool permitted = self.good();
    self.clear();
    self << ours << std::flush;
    EXPECT_EQ(supervisor, permitted ? "-900\n" : ours);
}

TEST(DescriptorLimit, IsRaisedToWhatMaxClientsNeeds) {
    if (run({"/usr/bin/prlimit", {"--nofile=100:5000", "/bin/true"}}).status != 0) {
        GTEST_SKIP() << "the hard limit is lower, and may not be raised here";
    }
    Server server{{.more = {"--max-clients", "300"}}};
    EXPECT_EQ(server.stop(), 0);
    Invocation command = server.command();
    command.arguments.insert(command.arguments.begin(),
                             {"--nofile=100:5000", command.program.string()});
    command.program = "/usr/bin/prlimit";
    server.start(command);
    EXPECT_EQ(server.errors().find("file descriptors"), std::string::npos) << server.errors();
    // 664 are for the sessions, and 1280 for connections that are being served.
    EXPECT_TRUE(server.will_say(
        "at most 3056 connections may wait, because the limit of open files is 5000"));
    EXPECT_NE(read_file(proc(server.pid(), "limits")).find("5000"), std::string::npos);
}

TEST(DescriptorLimit, IsReportedAtTheStartIfItIsTooLow) {
    constexpr uid_t nobody = 65534;
    Server server{{.more = {"--max-clients", "300"}, .user = nobody}};
    EXPECT_EQ(server.stop(), 0);
    Invocation command = server.command();
    command.arguments.insert(command.arguments.begin(),
                             {"--nofile=100:200", command.program.string()});
    command.program = "/usr/bin/prlimit";
    server.start(command);
    EXPECT_NE(
        server.errors().find("--max-clients 300 needs 664 file descriptors, but the limit is 200"),
        std::string::npos)
        << server.errors();
    server.log_in("1").expect_pong();
}

}  // namespace
}  // namespace belfry::test
