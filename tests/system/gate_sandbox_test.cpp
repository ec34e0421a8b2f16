#include "tests/support/failure.hpp"
#include "tests/support/injected_calls.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"
#include "tests/support/store_db.hpp"
#include "tests/support/tls_client.hpp"
#include "tests/support/web_connection.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

/// What the gate and a relay can still do after somebody has taken them over. The tests make those
/// of a real server execute system calls.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

fs::path proc(pid_t pid) {
    return fs::path{"/proc"} / std::to_string(pid);
}

/// A gate, and the relay of client 1.
class SandboxedGate : public testing::Test {
  protected:
    [[nodiscard]] const Server& server() const { return server_; }
    [[nodiscard]] RawClient& client() { return *client_; }
    [[nodiscard]] fs::path key() const { return pair_.key; }
    [[nodiscard]] pid_t gate() const { return server_.status().at("gate").at("pid").get<pid_t>(); }

    /// Returns the relay of client 1, or that of the browser of client 2.
    [[nodiscard]] pid_t relay(std::string_view protocol = "tls") const {
        for (const pid_t pid : server_.relays()) {
            if (title_of(pid).starts_with("belfry-gate: " + std::string{protocol})) return pid;
        }
        throw Failure{"no such relay runs"};
    }

    /// Expects what a relay may not do, in addition to the gate.
    void expect_no_new_sockets(InjectedCalls& calls) const {
        EXPECT_LT(open_in(calls, key(), O_RDONLY), 0);
        EXPECT_EQ(calls.call(SYS_socket, {AF_UNIX, SOCK_STREAM}), -EPERM);
        EXPECT_EQ(calls.call(SYS_connect), -EPERM);
        EXPECT_EQ(calls.call(SYS_accept4), -EPERM);
        EXPECT_EQ(calls.call(SYS_fork), -EPERM);
        EXPECT_EQ(calls.call(SYS_clone, {SIGCHLD}), -EPERM);
    }

    static long open_in(InjectedCalls& calls, const fs::path& path, int flags) {
        return calls.call(SYS_openat,
                          {static_cast<std::uint64_t>(AT_FDCWD), calls.copy(path.string()),
                           static_cast<std::uint64_t>(flags)});
    }

    /// Expects what neither the gate nor a relay may do.
    void expect_nothing_new(InjectedCalls& calls) const {
        constexpr std::uint64_t anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
        const auto session = static_cast<std::uint64_t>(server_.child_of("1"));
        EXPECT_EQ(calls.call(SYS_execve, {calls.copy("/bin/true"), 0, 0}), -EPERM);
        EXPECT_EQ(calls.call(SYS_socket, {AF_INET, SOCK_STREAM}), -EPERM);
        EXPECT_EQ(calls.call(SYS_socket, {AF_INET6, SOCK_STREAM}), -EPERM);
        EXPECT_EQ(calls.call(SYS_ptrace, {PTRACE_SEIZE, session}), -EPERM);
        EXPECT_EQ(calls.call(SYS_process_vm_readv, {session}), -EPERM);
        EXPECT_EQ(calls.call(SYS_kill, {session, SIGKILL}), -EPERM);
        EXPECT_EQ(calls.call(SYS_shmat), -EPERM);
        EXPECT_EQ(calls.call(SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, anonymous, ~0ULL, 0}),
                  -EPERM);
        EXPECT_EQ(open_in(calls, StoreDb::file(server_.data_dir()), O_RDWR), -EPERM);
        EXPECT_LT(open_in(calls, StoreDb::file(server_.data_dir()), O_RDONLY), 0);
        EXPECT_LT(open_in(calls, "/etc/passwd", O_RDONLY), 0);
        EXPECT_LT(open_in(calls, proc(static_cast<pid_t>(session)) / "mem", O_RDONLY), 0);
    }

  private:
    [[nodiscard]] TlsClient log_in() const {
        TlsClient client{{.port = server_.tls_port(), .authority = certificates_.authority()}};
        static_cast<void>(client->log_in_live("1"));
        return client;
    }

    Certificates certificates_;
    KeyPair pair_ = certificates_.server();
    Server server_{
        {.more = {"--tls-port", "0", "--tls-cert", pair_.certificate.string(), "--tls-key",
                  pair_.key.string(), "--web-port", "0", "--web-tls", "off"},
         .durability = "commit"}};
    TlsClient client_ = log_in();
};

TEST_F(SandboxedGate, OpensNoConnectionToOtherMachinesAndReadsOnlyItsCertificates) {
    if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) <= 0) {
        GTEST_SKIP() << "this kernel has no Landlock";
    }
    InjectedCalls calls{gate()};
    EXPECT_GE(open_in(calls, key(), O_RDONLY), 0);
    expect_nothing_new(calls);
}

TEST_F(SandboxedGate, ItsRelaysHaveTheirSocketsAndNothingElse) {
    {
        InjectedCalls calls{relay()};
        expect_nothing_new(calls);
        expect_no_new_sockets(calls);
    }
    client().expect_pong();
}

TEST_F(SandboxedGate, ItsRelaysForBrowsersHaveTheirSocketsAndNothingElse) {
    RawClient browser{server().web_port(), WebOptions{}};
    static_cast<void>(browser.log_in_live("2"));
    {
        InjectedCalls calls{relay("web")};
        expect_nothing_new(calls);
        expect_no_new_sockets(calls);
    }
    browser.expect_pong();
}

TEST_F(SandboxedGate, ShowsInProcThatAllItsProcessesAreFiltered) {
    for (const pid_t pid : {gate(), relay()}) {
        const std::string status = read_file(proc(pid) / "status");
        EXPECT_NE(status.find("\nNoNewPrivs:\t1\n"), std::string::npos) << status;
        EXPECT_NE(status.find("\nSeccomp:\t2\n"), std::string::npos) << status;
    }
}

}  // namespace
}  // namespace belfry::test
