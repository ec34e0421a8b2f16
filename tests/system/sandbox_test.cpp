#include "base/unique_fd.hpp"
#include "tests/support/injected_calls.hpp"
#include "tests/support/mapped_segment.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

/// What a session can still do after somebody has taken it over. The tests make a session of a real
/// server execute system calls.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

/// Returns the value of a field in a status file of /proc.
std::string status_field(const fs::path& task, const std::string& name) {
    std::ifstream file{task / "status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    }
    return {};
}

constexpr const char* filtered = "2";  // the mode of seccomp in /proc/PID/status

fs::path proc(pid_t pid) {
    return fs::path{"/proc"} / std::to_string(pid);
}

/// Returns what the kernel reports, independently of the server.
std::uint32_t landlock_version() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? static_cast<std::uint32_t>(version) : 0;
}

/// Two sessions of a server with a store.
class SandboxedSession : public testing::Test {
  protected:
    SandboxedSession() {
        client_.send_message(1, "hello");
        client_.expect("SENT 1 1");
    }

    [[nodiscard]] const Server& server() const { return server_; }
    [[nodiscard]] RawClient& client() { return client_; }
    [[nodiscard]] pid_t session() const { return server_.child_of("1"); }
    [[nodiscard]] pid_t sibling() const { return server_.child_of("2"); }

    /// Opens a file within the session. @return a descriptor, or a negative errno
    static long open_in(InjectedCalls& session, const fs::path& path, int flags) {
        return session.call(SYS_openat, {at_working_directory, session.copy(path.string()),
                                         static_cast<std::uint64_t>(flags)});
    }

    static constexpr auto at_working_directory = static_cast<std::uint64_t>(AT_FDCWD);

  private:
    Server server_{{.durability = "commit"}};
    RawClient client_ = server_.log_in("1");
    RawClient other_ = server_.log_in("2");
};

TEST_F(SandboxedSession, HasItInAllThreadsAndBeforeTheLogin) {
    RawClient slow = server().connect();
    slow.send("LOGIN ");  // a connection without a first byte has no process
    const auto all_sessions = [&] { return server().children().size() == 4; };
    ASSERT_TRUE(eventually(all_sessions));
    for (const pid_t child : server().children()) {
        if (child == server().archiver()) continue;
        EXPECT_TRUE(eventually([&] { return status_field(proc(child), "Seccomp") == filtered; }));
        for (const auto& task : fs::directory_iterator{proc(child) / "task"}) {
            EXPECT_EQ(status_field(task, "Seccomp"), filtered) << task;
            EXPECT_EQ(status_field(task, "NoNewPrivs"), "1") << task;
        }
    }
    const MappedSegment segment{server()};
    EXPECT_EQ(segment.server().sandbox_seccomp, 1U);
    EXPECT_EQ(segment.server().sandbox_landlock, landlock_version());
}

TEST_F(SandboxedSession, HoldsNoDescriptorOfTheSandbox) {
    for (const auto& entry : fs::directory_iterator{proc(session()) / "fd"}) {
        EXPECT_EQ(fs::read_symlink(entry).string().find("landlock"), std::string::npos) << entry;
    }
}

TEST_F(SandboxedSession, ContinuesAfterCallsThatWereInjectedIntoIt) {
    {
        InjectedCalls calls{session()};
        EXPECT_EQ(calls.call(SYS_getpid), session());
        EXPECT_EQ(calls.call(SYS_execve), -EPERM);
    }
    client().expect_pong();
    client().send_message(2, "still here");
    client().expect("SENT 2 2");
}

TEST_F(SandboxedSession, StartsNoProgramAndNoProcess) {
    InjectedCalls calls{session()};
    EXPECT_EQ(calls.call(SYS_execve, {calls.copy("/bin/true"), 0, 0}), -EPERM);
    EXPECT_EQ(calls.call(SYS_execveat, {at_working_directory, calls.copy("/bin/true")}), -EPERM);
    EXPECT_EQ(calls.call(SYS_fork), -EPERM);
    EXPECT_EQ(calls.call(SYS_vfork), -EPERM);
    EXPECT_EQ(calls.call(SYS_clone, {SIGCHLD}), -EPERM);
    EXPECT_EQ(calls.call(SYS_clone, {CLONE_VM | CLONE_NEWUSER}), -EPERM);
    EXPECT_EQ(calls.call(SYS_clone3), -ENOSYS);
}

TEST_F(SandboxedSession, OpensNoSocket) {
    InjectedCalls calls{session()};
    EXPECT_EQ(calls.call(SYS_socket, {AF_INET, SOCK_STREAM}), -EPERM);
    EXPECT_EQ(calls.call(SYS_socket, {AF_UNIX, SOCK_STREAM}), -EPERM);
    EXPECT_EQ(calls.call(SYS_socketpair, {AF_UNIX, SOCK_STREAM}), -EPERM);
    EXPECT_EQ(calls.call(SYS_connect), -EPERM);
    EXPECT_EQ(calls.call(SYS_bind), -EPERM);
    EXPECT_EQ(calls.call(SYS_accept4), -EPERM);
}

TEST_F(SandboxedSession, ReadsTheDataDirectoryAndProcAlone) {
    if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    InjectedCalls calls{session()};
    EXPECT_GE(open_in(calls, StoreDb::file(server().data_dir()), O_RDONLY), 0);
    EXPECT_GE(open_in(calls, proc(sibling()) / "stat", O_RDONLY), 0);
    EXPECT_EQ(open_in(calls, "/etc/passwd", O_RDONLY), -EACCES);
    EXPECT_EQ(open_in(calls, server().data_dir() / "../../../../../../etc/passwd", O_RDONLY),
              -EACCES);
    EXPECT_EQ(open_in(calls, server().folder(), O_RDONLY | O_DIRECTORY), -EACCES);
    EXPECT_EQ(open_in(calls, "/dev/null", O_RDONLY), -EACCES);
}

TEST_F(SandboxedSession, WritesNoFile) {
    InjectedCalls calls{session()};
    const fs::path database = StoreDb::file(server().data_dir());
    EXPECT_EQ(open_in(calls, database, O_RDWR), -EPERM);
    EXPECT_EQ(open_in(calls, database, O_WRONLY), -EPERM);
    EXPECT_EQ(open_in(calls, database, O_RDONLY | O_TRUNC), -EPERM);
    EXPECT_EQ(open_in(calls, server().data_dir() / "new", O_RDONLY | O_CREAT), -EPERM);
    EXPECT_EQ(open_in(calls, server().data_dir(), O_RDWR | O_TMPFILE), -EPERM);
    EXPECT_EQ(calls.call(SYS_openat2, {at_working_directory}), -EPERM);
    EXPECT_EQ(calls.call(SYS_truncate, {calls.copy(database.string()), 0}), -EPERM);
    EXPECT_EQ(calls.call(SYS_unlink, {calls.copy(database.string())}), -EPERM);
    EXPECT_EQ(calls.call(SYS_rename, {calls.copy(database.string())}), -EPERM);
    EXPECT_EQ(calls.call(SYS_chmod, {calls.copy(database.string()), 0777}), -EPERM);
    const long reading = open_in(calls, database, O_RDONLY);
    ASSERT_GE(reading, 0);
    const std::array written{static_cast<std::uint64_t>(reading), calls.copy("x"),
                             std::uint64_t{1}};
    EXPECT_EQ(calls.call(SYS_write, {written[0], written[1], written[2]}), -EBADF);
    EXPECT_EQ(calls.call(SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, written[0], 0}),
              -EACCES);
}

TEST_F(SandboxedSession, ReachesNoOtherProcess) {
    InjectedCalls calls{session()};
    const auto other = static_cast<std::uint64_t>(sibling());
    const auto supervisor = static_cast<std::uint64_t>(server().pid());
    EXPECT_EQ(calls.call(SYS_ptrace, {PTRACE_SEIZE, other}), -EPERM);
    EXPECT_EQ(calls.call(SYS_process_vm_readv, {other}), -EPERM);
    EXPECT_EQ(calls.call(SYS_process_vm_writev, {other}), -EPERM);
    EXPECT_EQ(calls.call(SYS_kill, {supervisor, SIGKILL}), -EPERM);
    EXPECT_EQ(calls.call(SYS_tgkill, {supervisor, supervisor, SIGKILL}), -EPERM);
    EXPECT_EQ(calls.call(SYS_prlimit64, {supervisor}), -EPERM);
    const long opened = calls.call(SYS_pidfd_open, {other, 0});
    ASSERT_GE(opened, 0);
    EXPECT_EQ(calls.call(SYS_pidfd_getfd, {static_cast<std::uint64_t>(opened), 0}), -EPERM);
    EXPECT_EQ(calls.call(SYS_pidfd_send_signal, {static_cast<std::uint64_t>(opened), SIGSTOP}),
              -EPERM);
}

TEST_F(SandboxedSession, CannotUseMemoryOrDescriptorsOfAnotherProcess) {
    if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    InjectedCalls calls{session()};
    EXPECT_EQ(open_in(calls, proc(sibling()) / "mem", O_RDONLY), -EACCES);
    EXPECT_EQ(open_in(calls, proc(server().pid()) / "mem", O_RDONLY), -EACCES);
    EXPECT_EQ(open_in(calls, proc(server().pid()) / "fd" / "2", O_RDONLY), -EACCES);
}

TEST_F(SandboxedSession, MakesNoNewCode) {
    InjectedCalls calls{session()};
    constexpr std::uint64_t page = 4096;
    constexpr std::uint64_t code = PROT_READ | PROT_EXEC;
    constexpr std::uint64_t anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    EXPECT_EQ(calls.call(SYS_mmap, {0, page, code, anonymous, ~0ULL, 0}), -EPERM);
    const long data = calls.call(SYS_mmap, {0, page, PROT_READ, anonymous, ~0ULL, 0});
    ASSERT_GT(data, 0);
    EXPECT_EQ(calls.call(SYS_mprotect, {static_cast<std::uint64_t>(data), page, code}), -EPERM);
    EXPECT_EQ(calls.call(SYS_pkey_mprotect), -EPERM);
    EXPECT_EQ(calls.call(SYS_shmat), -EPERM);
    EXPECT_EQ(calls.call(SYS_memfd_create), -EPERM);
    EXPECT_EQ(calls.call(SYS_personality), -EPERM);
}

TEST_F(SandboxedSession, CannotLeaveIt) {
    InjectedCalls calls{session()};
    EXPECT_EQ(calls.call(SYS_prctl, {PR_SET_SECCOMP, 0}), -EPERM);
    EXPECT_EQ(calls.call(SYS_seccomp), -EPERM);
    EXPECT_EQ(calls.call(SYS_unshare, {CLONE_NEWUSER}), -EPERM);
    EXPECT_EQ(calls.call(SYS_chroot), -EPERM);
    EXPECT_EQ(calls.call(SYS_mount), -EPERM);
    EXPECT_EQ(calls.call(SYS_setuid, {0}), -EPERM);
    EXPECT_EQ(calls.call(SYS_bpf), -EPERM);
    EXPECT_EQ(calls.call(SYS_io_uring_setup), -EPERM);
    EXPECT_EQ(calls.call(SYS_keyctl), -EPERM);
}

// --- Other kernels ------------------------------------------------------------------------------

/// Takes the system calls with these two numbers away from the calling thread and its children, as
/// if the kernel did not have them.
void remove_calls(std::uint32_t one, std::uint32_t other) {
    std::array program{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                       sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0),
                       sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1),
                       sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                       sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const sock_fprog filter{program.size(), program.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) throw system_failure("prctl");
}

/// Starts a server on a kernel without these system calls, and returns what it printed after a
/// client has used it.
std::string errors_without(std::uint32_t one, std::uint32_t other) {
    std::string errors;
    std::thread{[&] {
        remove_calls(one, other);
        Server server;
        RawClient client = server.log_in("1");
        client.send_message(1, "hello");
        client.expect("SENT 1 1");
        const MappedSegment segment{server};
        EXPECT_EQ(segment.server().sandbox_landlock, 0U);
        EXPECT_EQ(segment.server().sandbox_seccomp, other == SYS_seccomp ? 0U : 1U);
        EXPECT_EQ(server.stop(), 0);
        errors = server.errors();
    }}.join();
    return errors;
}

TEST(Sandbox, AKernelWithoutItGetsOneWarningAndServes) {
    const std::string errors = errors_without(SYS_landlock_create_ruleset, SYS_seccomp);
    EXPECT_NE(errors.find("warning: the sandbox of sessions lacks seccomp and Landlock, because "
                          "the kernel does not provide it\n"),
              std::string::npos)
        << errors;
    EXPECT_EQ(errors.find("warning"), errors.rfind("warning")) << errors;
}

TEST(Sandbox, AKernelWithoutLandlockStillFiltersSystemCalls) {
    const std::string errors =
        errors_without(SYS_landlock_create_ruleset, SYS_landlock_create_ruleset);
    EXPECT_NE(errors.find("warning: the sandbox of sessions lacks Landlock"), std::string::npos)
        << errors;
}

// --- Core dumps
// -----------------------------------------------------------------------------------

TEST(CoreDumps, AreForbiddenToAllProcesses) {
    const Server server{{.durability = "commit"}};
    const RawClient client = server.log_in("1");
    for (const pid_t pid : server.all_processes()) {
        std::ifstream limits{proc(pid) / "limits"};
        const std::string text{std::istreambuf_iterator<char>{limits}, {}};
        EXPECT_NE(text.find("Max core file size        0                    0 "), std::string::npos)
            << text;
    }
}

}  // namespace
}  // namespace belfry::test
