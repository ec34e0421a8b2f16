#include "sandbox/sandbox.hpp"

#include "base/process.hpp"
#include "shm/robust_mutex.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/shared.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

/// Each kind of process in its sandbox: what it cannot do, and what it must be able to do.
namespace belfry::test {
namespace {

using sandbox::ProcessKind;
using sandbox::Sandbox;

/// Runs a function in a child that has entered the sandbox. @return the function's result, at most
/// 127, or 128 plus the number of the signal that ended the child
template <class Function>
int run_in(const Sandbox& sandbox, Function function) {
    return ForkedChild{[&] {
               sandbox.enter();
               return function();
           }}
        .wait();
}

/// Returns 0 if the system call has succeeded, otherwise its error.
int error_of(long result) {
    return result == -1 ? errno : 0;
}

int error_of_opening(const std::filesystem::path& path, int flags) {
    return error_of(::open(path.c_str(), flags, 0600));
}

/// The kinds of processes that talk to strangers.
class AnyKind : public testing::TestWithParam<ProcessKind> {
  protected:
    AnyKind() { std::ofstream{file()} << "text"; }

    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "file"; }

    [[nodiscard]] bool may_read() const { return GetParam() != ProcessKind::relay; }

    /// Runs a function within the sandbox of this kind. A relay may read nothing.
    template <class Function>
    [[nodiscard]] int run(Function function) const {
        return run_in(sandbox_, function);
    }

  private:
    TempDir folder_;
    Sandbox sandbox_{GetParam(), may_read() ? std::vector{folder_.path()}
                                            : std::vector<std::filesystem::path>{}};
};

TEST_P(AnyKind, StartsNoProgram) {
    const std::array arguments{const_cast<char*>("true"), static_cast<char*>(nullptr)};
    EXPECT_EQ(run([&] { return error_of(::execv("/bin/true", arguments.data())); }), EPERM);
}

TEST_P(AnyKind, ReadsWhatItNeedsAndNothingElse) {
    if (Sandbox{GetParam(), {}}.landlock_version() == 0) {
        GTEST_SKIP() << "without Landlock all files can be read";
    }
    // A report of a sanitizer opens files, so there only Landlock refuses it.
    const int refused = may_read() || sandbox::has_sanitizer ? EACCES : EPERM;
    EXPECT_EQ(run([&] { return error_of_opening(file(), O_RDONLY); }), may_read() ? 0 : refused);
    EXPECT_EQ(run([] { return error_of_opening("/etc/passwd", O_RDONLY); }), refused);
}

TEST_P(AnyKind, WritesNoFile) {
    EXPECT_EQ(run([&] { return error_of_opening(file(), O_WRONLY); }), EPERM);
    EXPECT_EQ(run([&] { return error_of_opening(file(), O_RDWR); }), EPERM);
    EXPECT_EQ(run([&] { return error_of_opening(file(), O_RDONLY | O_TRUNC); }), EPERM);
    EXPECT_EQ(run([&] { return error_of_opening(file() += "2", O_RDONLY | O_CREAT); }), EPERM);
    EXPECT_EQ(run([&] { return error_of(::unlink(file().c_str())); }), EPERM);
    EXPECT_EQ(run([&] { return error_of(::truncate(file().c_str(), 0)); }), EPERM);
}

TEST_P(AnyKind, OpensNoConnectionToOtherMachines) {
    EXPECT_EQ(run([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }), EPERM);
    EXPECT_EQ(run([] { return error_of(::socket(AF_INET6, SOCK_DGRAM, 0)); }), EPERM);
    EXPECT_EQ(run([] { return error_of(::socket(AF_NETLINK, SOCK_RAW, 0)); }), EPERM);
}

TEST_P(AnyKind, ReachesNoOtherProcess) {
    const ForkedChild sibling{[] { return ::pause(); }};
    EXPECT_EQ(run([&] { return error_of(::ptrace(PTRACE_SEIZE, sibling.pid(), 0, 0)); }), EPERM);
    EXPECT_EQ(run([&] { return error_of(::kill(sibling.pid(), SIGKILL)); }), EPERM);
    EXPECT_EQ(run([&] {
                  return error_of(
                      ::syscall(SYS_process_vm_readv, sibling.pid(), nullptr, 0, nullptr, 0, 0));
              }),
              EPERM);
    EXPECT_TRUE(is_alive(sibling.pid()));
}

TEST_P(AnyKind, MakesNoNewCode) {
    const auto map = [](int protection) {
        return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    };
    EXPECT_EQ(run([&] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? errno : 0; }), EPERM);
    EXPECT_EQ(
        run([&] { return error_of(::mprotect(map(PROT_READ), 4096, PROT_READ | PROT_EXEC)); }),
        EPERM);
}

TEST_P(AnyKind, EndsWithTheSignalOfAnAbort) {
    EXPECT_EQ(run([]() -> int { std::abort(); }), 128 + SIGABRT);
}

#ifdef __SANITIZE_ADDRESS__

/// Writes beyond the end of an array. The compiler must not see it.
__attribute__((noinline)) void overrun(volatile char* array, std::size_t bytes) {
    array[bytes] = 1;
}

TEST_P(AnyKind, EndsWithTheReportOfASanitizer) {
    const TempDir folder;
    const auto report = folder.path() / "report";
    const base::UniqueFd file{::open(report.c_str(), O_WRONLY | O_CREAT, 0600)};
    EXPECT_NE(run([&] {
                  ::dup2(file.get(), STDERR_FILENO);
                  const auto array = std::make_unique<char[]>(8);
                  overrun(array.get(), 8);
                  return 0;
              }),
              0);
    const std::string text = read_file(report);
    EXPECT_NE(text.find("AddressSanitizer: heap-buffer-overflow"), std::string::npos) << text;
    EXPECT_NE(text.find("in overrun tests/unit/"), std::string::npos) << text;
}

#endif

TEST_P(AnyKind, UsesMemoryClocksAndRandomNumbers) {
    EXPECT_EQ(run([] {
                  const std::string large(64U << 20, 'x');
                  std::array<char, 16> random{};
                  timespec moment{0, 1};
                  return large.back() == 'x' &&
                                 ::getrandom(random.data(), random.size(), 0) == 16 &&
                                 ::nanosleep(&moment, nullptr) == 0
                             ? 0
                             : 1;
              }),
              0);
}

std::string name_of(const testing::TestParamInfo<ProcessKind>& kind) {
    constexpr std::array names{"Session", "Gate", "Relay"};
    return names.at(static_cast<std::size_t>(kind.param));
}

INSTANTIATE_TEST_SUITE_P(Sandbox, AnyKind,
                         testing::Values(ProcessKind::session, ProcessKind::gate,
                                         ProcessKind::relay),
                         name_of);

// --- Sessions -----------------------------------------------------------------------------------

TEST(SessionSandbox, StartsThreadsAndNoProcess) {
    const Sandbox sandbox{ProcessKind::session, {}};
    EXPECT_EQ(run_in(sandbox,
                     [] {
                         int result = 1;
                         std::thread{[&result] { result = 0; }}.join();
                         return result;
                     }),
              0);
    EXPECT_EQ(run_in(sandbox, [] { return error_of(::fork()); }), EPERM);
    EXPECT_EQ(run_in(sandbox, [] { return error_of(::syscall(SYS_clone3, nullptr, 0)); }), ENOSYS);
}

TEST(SessionSandbox, OpensNoUnixSocket) {
    const Sandbox sandbox{ProcessKind::session, {}};
    EXPECT_EQ(run_in(sandbox, [] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), EPERM);
}

TEST(SessionSandbox, KillsAStoppedHolderOfTheLock) {
    struct Block {
        shm::RobustMutex mutex;
        std::atomic<bool> held;
    };
    const Shared<Block> shared;
    shared->mutex.initialise();
    ForkedChild holder{[&] {
        static_cast<void>(shared->mutex.lock());
        shared->held = true;
        return ::raise(SIGSTOP);
    }};
    ASSERT_TRUE(eventually([&] { return base::is_stopped(holder.pid()); }));
    const Sandbox sandbox{ProcessKind::session, {"/proc"}};
    EXPECT_EQ(run_in(sandbox,
                     [&] {
                         const auto how = shared->mutex.lock();
                         return how == shm::RobustMutex::Acquired::owner_died ? 0 : 1;
                     }),
              0);
    EXPECT_EQ(holder.wait(), 128 + SIGKILL);
}

TEST(SessionSandbox, EndsThePredecessorOfItsClient) {
    ForkedChild predecessor{[] { return ::pause(); }};
    const auto start_time = base::start_time_of(predecessor.pid());
    ASSERT_TRUE(start_time);
    const Sandbox sandbox{ProcessKind::session, {"/proc"}};
    EXPECT_EQ(run_in(sandbox,
                     [&] {
                         const auto process = base::open_process({predecessor.pid(), *start_time});
                         base::send_signal(process, SIGTERM);
                         return process ? 0 : 1;
                     }),
              0);
    EXPECT_EQ(predecessor.wait(), 128 + SIGTERM);
}

// --- The store, read by a session ---------------------------------------------------------------

class StoreInASandbox : public testing::Test {
  protected:
    /// Reads messages 1 to `last` as a session does. @return 0 if it gets exactly these
    [[nodiscard]] int read(std::uint64_t last) const {
        const Sandbox sandbox{ProcessKind::session, {store_.dir(), "/proc"}};
        return run_in(sandbox, [&] {
            return store_.read(1, last + 1) == numbered_messages(1, last) ? 0 : 1;
        });
    }

    ScratchStore store_;
};

TEST_F(StoreInASandbox, IsReadWhileTheArchiverHasItOpen) {
    store::StoreWriter writer{store_.dir()};
    store_numbered(writer, 1, 10);
    EXPECT_EQ(read(10), 0);
    store_numbered(writer, 11, 20);
    EXPECT_EQ(read(20), 0);
}

TEST_F(StoreInASandbox, IsReadAfterTheArchiverWasKilled) {
    ForkedChild archiver{[&]() -> int {
        store::StoreWriter writer{store_.dir()};
        store_numbered(writer, 1, 10);
        return ::raise(SIGKILL);
    }};
    EXPECT_EQ(archiver.wait(), 128 + SIGKILL);
    EXPECT_EQ(read(10), 0);
}

TEST_F(StoreInASandbox, IsReadAfterTheArchiverHasClosedIt) {
    {
        store::StoreWriter writer{store_.dir()};
        writer.keep_wal_files(true);
        store_numbered(writer, 1, 10);
    }
    EXPECT_EQ(read(10), 0);
}

// --- The gate and its relays
// ----------------------------------------------------------------------

TEST(GateSandbox, ConnectsToAUnixSocketAndForksRelays) {
    const TempDir folder;
    const base::UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM, 0)};
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (folder.path() / "gate.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    ASSERT_EQ(::bind(listener.get(), generic, sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);

    const Sandbox gate{ProcessKind::gate, {folder.path()}};
    const Sandbox relay{ProcessKind::relay, {}};
    const auto serve_in_relay = [&](int connection) {
        relay.enter();
        if (::open((folder.path() / "gate.sock").c_str(), O_RDONLY) != -1) return 1;
        if (::socket(AF_UNIX, SOCK_STREAM, 0) != -1) return 2;
        if (::fork() != -1) return 3;
        return ::send(connection, "hello", 5, MSG_NOSIGNAL) == 5 ? 0 : 4;
    };
    EXPECT_EQ(run_in(gate,
                     [&] {
                         const int connection = ::socket(AF_UNIX, SOCK_STREAM, 0);
                         if (::connect(connection, generic, sizeof address) != 0) return 100;
                         const pid_t child = ::fork();
                         if (child == 0) ::_exit(serve_in_relay(connection));
                         int status = 0;
                         ::waitpid(child, &status, 0);
                         return WIFEXITED(status) ? WEXITSTATUS(status) : 101;
                     }),
              0);
    const base::UniqueFd accepted{::accept(listener.get(), nullptr, nullptr)};
    std::array<char, 5> received{};
    EXPECT_EQ(::recv(accepted.get(), received.data(), received.size(), MSG_WAITALL), 5);
}

TEST(RelaySandbox, StartsNoThread) {
    const Sandbox sandbox{ProcessKind::relay, {}};
    EXPECT_EQ(run_in(sandbox,
                     [] {
                         return error_of(::syscall(
                             SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0));
                     }),
              EPERM);
}

TEST(RelaySandbox, WaitsForEventsOfItsSockets) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    ASSERT_EQ(::send(ends[1], "x", 1, 0), 1);
    const Sandbox sandbox{ProcessKind::relay, {}};
    EXPECT_EQ(run_in(sandbox,
                     [&] {
                         const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
                         epoll_event event{.events = EPOLLIN, .data = {}};
                         ::epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
                         return ::epoll_wait(epoll, &event, 1, -1) == 1 ? 0 : 1;
                     }),
              0);
}

TEST(FoldersOfAFile, AreThoseOfThePathAndOfItsTarget) {
    const TempDir folder;
    const auto live = folder.path() / "live";
    const auto archive = folder.path() / "archive";
    std::filesystem::create_directory(live);
    std::filesystem::create_directory(archive);
    std::ofstream{archive / "key1.pem"} << "key";
    std::filesystem::create_symlink("../archive/key1.pem", live / "key.pem");
    EXPECT_EQ(sandbox::folders_of(live / "key.pem"),
              (std::vector{live, std::filesystem::canonical(archive)}));
}

}  // namespace
}  // namespace belfry::test
