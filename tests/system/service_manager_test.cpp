#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

/// belfryd tells the service manager about its state, with the protocol of sd_notify(3).
namespace belfry::test {
namespace {

struct Notice {
    pid_t sender;
    std::string text;
};

/// A service manager: it receives the notices that belfryd sends to its socket.
class Manager {
  public:
    /// @param name a path, or `@` and an abstract name
    explicit Manager(std::string name) : name_{std::move(name)} {
        socket_ = base::UniqueFd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name_.copy(address.sun_path, sizeof address.sun_path - 1);
        if (name_.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
            throw system_failure("bind " + name_);
        }
        const int yes = 1;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    }

    /// Returns the environment of a program that the manager starts, with further variables.
    [[nodiscard]] Environment environment(const Environment& more = {}) const {
        Environment variables{{"NOTIFY_SOCKET", name_}};
        variables.insert(variables.end(), more.begin(), more.end());
        return variables;
    }

    /// Waits for the next notice and returns it.
    [[nodiscard]] Notice next() const {
        const Deadline deadline{default_wait};
        pollfd readable{socket_.get(), POLLIN, 0};
        if (::poll(&readable, 1, deadline.remaining_ms()) != 1) throw Failure("no notice arrived");
        return receive();
    }

    [[nodiscard]] bool has_more() const {
        pollfd readable{socket_.get(), POLLIN, 0};
        return ::poll(&readable, 1, 0) == 1;
    }

  private:
    [[nodiscard]] Notice receive() const {
        std::array<char, 4096> text{};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
        iovec part{text.data(), text.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t count = ::recvmsg(socket_.get(), &message, 0);
        const cmsghdr* const header = CMSG_FIRSTHDR(&message);
        if (count < 0 || header == nullptr) throw system_failure("recvmsg");
        ucred sender{};
        std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
        return {sender.pid, std::string{text.data(), static_cast<std::size_t>(count)}};
    }

    std::string name_;
    base::UniqueFd socket_;
};

bool has_line(const Notice& notice, const std::string& line) {
    const auto lines = lines_of(notice.text);
    return std::ranges::find(lines, line) != lines.end();
}

/// Expects exactly one line about the service manager on standard error, with this end. belfryd
/// logs it after it has printed that it listens, so the line may not be there yet.
void expect_logged_once(const Server& server, const std::string& line_end) {
    ASSERT_TRUE(server.will_say(line_end)) << server.errors();
    const std::string logged = server.errors();
    const auto at = logged.find(line_end);
    EXPECT_EQ(logged.find("service manager", at + line_end.size()), std::string::npos) << logged;
}

TEST(ServiceManager, IsToldOnlyByTheSupervisorThatTheServerIsReadyAndThatItStops) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.durability = "commit", .environment = manager.environment()}};
    // Server has already waited for the line that says that belfryd listens.
    const Notice ready = manager.next();
    EXPECT_TRUE(has_line(ready, "READY=1")) << ready.text;
    EXPECT_TRUE(has_line(ready, "STATUS=listening on 127.0.0.1:" + std::to_string(server.port())));
    EXPECT_EQ(ready.sender, server.pid());

    // One session is killed, one ends with QUIT, and the archiver is killed. None of them sends a
    // notice.
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    one.send("SAY hello\r\n");
    one.expect("SENT 1 1");
    two.expect_message(1, "1", "hello");
    ::kill(server.child_of("1"), SIGKILL);
    ::kill(server.archiver(), SIGKILL);
    one.expect_closed();
    two.send("QUIT\r\n");
    two.expect("BYE quit");

    EXPECT_EQ(server.stop(), 0) << server.errors();
    const Notice stopping = manager.next();
    EXPECT_TRUE(has_line(stopping, "STOPPING=1")) << stopping.text;
    EXPECT_EQ(stopping.sender, server.pid());
    EXPECT_FALSE(manager.has_more());
}

TEST(ServiceManager, IsToldReadyAfterTheServerHasPrintedThatItListens) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server;
    EXPECT_EQ(server.stop(), 0);
    Invocation command = server.command();
    command.environment = manager.environment();
    Process belfryd{command};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    EXPECT_TRUE(belfryd.out().starts_with("belfryd listening on ")) << belfryd.out();
    belfryd.signal(SIGTERM);
    EXPECT_EQ(belfryd.wait(), 0) << belfryd.err();
}

TEST(ServiceManager, MayHaveAnAbstractSocketName) {
    const TempDir folder;
    const Manager manager{"@" + (folder.path() / "notify").string()};
    Server server{{.environment = manager.environment()}};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    EXPECT_EQ(server.stop(), 0);
    EXPECT_TRUE(has_line(manager.next(), "STOPPING=1"));
}

TEST(ServiceManager, IsToldReadyByTheNextSupervisor) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.environment = manager.environment()}};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    RawClient client = server.log_in("1");
    server.kill_supervisor();
    server.start();
    const Notice ready = manager.next();
    EXPECT_TRUE(has_line(ready, "READY=1")) << ready.text;
    EXPECT_EQ(ready.sender, server.pid());
    EXPECT_FALSE(manager.has_more());
    EXPECT_EQ(server.stop(), 0);
}

TEST(ServiceManager, IsToldWhenAReloadBeginsAndEnds) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.environment = manager.environment()}};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    ASSERT_EQ(::kill(server.pid(), SIGHUP), 0);
    const Notice reloading = manager.next();
    EXPECT_TRUE(has_line(reloading, "RELOADING=1")) << reloading.text;
    EXPECT_NE(reloading.text.find("MONOTONIC_USEC="), std::string::npos) << reloading.text;
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    EXPECT_EQ(server.stop(), 0);
}

/// A watchdog with an interval so short that a test can wait for several heartbeats.
const Environment watchdog{{"WATCHDOG_USEC", "100000"}};

TEST(ServiceManager, GetsHeartbeatsFromTheSupervisor) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.environment = manager.environment(watchdog)}};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    for (int heartbeat = 0; heartbeat < 10; ++heartbeat) {
        const Notice notice = manager.next();
        EXPECT_EQ(notice.text, "WATCHDOG=1");
        EXPECT_EQ(notice.sender, server.pid());
    }
    EXPECT_EQ(server.stop(), 0);
}

TEST(ServiceManager, GetsNoHeartbeatFromAStoppedSupervisor) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.environment = manager.environment(watchdog)}};
    RawClient client = server.log_in("1");
    ::kill(server.pid(), SIGSTOP);
    ASSERT_TRUE(eventually([&] { return process_info(server.pid())->state == 'T'; }));
    while (manager.has_more()) static_cast<void>(manager.next());
    // The other processes run for several intervals, and send no heartbeat in its place.
    const Deadline deadline{Milliseconds{500}};
    while (!deadline.passed()) client.expect_pong();
    EXPECT_FALSE(manager.has_more());
    ::kill(server.pid(), SIGCONT);
    EXPECT_TRUE(has_line(manager.next(), "WATCHDOG=1"));
    EXPECT_EQ(server.stop(), 0);
}

/// Runs a server with these variables through a reload, and expects no heartbeat. The first turn of
/// its loop would send one.
void expect_no_heartbeat(const Environment& variables) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server{{.environment = manager.environment(variables)}};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    ASSERT_EQ(::kill(server.pid(), SIGHUP), 0);
    EXPECT_TRUE(has_line(manager.next(), "RELOADING=1"));
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    EXPECT_EQ(server.stop(), 0);
    EXPECT_TRUE(has_line(manager.next(), "STOPPING=1"));
}

TEST(ServiceManager, GetsNoHeartbeatIfItWatchesAnotherProcessOrNone) {
    expect_no_heartbeat({});
    expect_no_heartbeat({{"WATCHDOG_USEC", "100000"}, {"WATCHDOG_PID", "1"}});
    expect_no_heartbeat({{"WATCHDOG_USEC", "100000"}, {"WATCHDOG_PID", "nobody"}});
    for (const char* usec : {"0", "-1", "soon", "18446744073709551615"}) {
        expect_no_heartbeat({{"WATCHDOG_USEC", usec}});
    }
}

TEST(ServiceManager, GetsHeartbeatsIfItNamesTheSupervisor) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    Server server;
    EXPECT_EQ(server.stop(), 0);
    // The shell replaces itself by belfryd, so $$ is the pid of belfryd.
    Invocation shell{"/bin/sh", {"-c", "export WATCHDOG_PID=$$; exec \"$0\" \"$@\""}};
    const Invocation command = server.command();
    shell.arguments.push_back(command.program.string());
    shell.arguments.insert(shell.arguments.end(), command.arguments.begin(),
                           command.arguments.end());
    shell.environment = manager.environment(watchdog);
    Process belfryd{shell};
    EXPECT_TRUE(has_line(manager.next(), "READY=1"));
    EXPECT_TRUE(has_line(manager.next(), "WATCHDOG=1"));
    belfryd.signal(SIGTERM);
    EXPECT_EQ(belfryd.wait(), 0) << belfryd.err();
}

TEST(ServiceManager, IsReportedOnceAndNotWithEachHeartbeatIfItIsGone) {
    Environment environment = watchdog;
    environment.emplace_back("NOTIFY_SOCKET", "/does/not/exist");
    Server server{{.environment = environment}};
    RawClient client = server.log_in("1");
    const Deadline deadline{Milliseconds{500}};
    while (!deadline.passed()) client.expect_pong();
    EXPECT_EQ(server.stop(), 0);
    expect_logged_once(server,
                       "cannot notify the service manager at /does/not/exist: No such file or "
                       "directory\n");
}

TEST(ServiceManager, IsReportedInOneLineIfItIsGoneAndTheServerWorks) {
    Server server{{.environment = {{"NOTIFY_SOCKET", "/does/not/exist"}}}};
    const RawClient client = server.log_in("1");
    expect_logged_once(server,
                       "cannot notify the service manager at /does/not/exist: No such file or "
                       "directory\n");
    EXPECT_EQ(server.stop(), 0);
}

TEST(ServiceManager, IsReportedInOneLineIfItsNameIsTooLongAndTheServerWorks) {
    const std::string name = "/" + std::string(500, 'x');
    Server server{{.environment = {{"NOTIFY_SOCKET", name}}}};
    expect_logged_once(server,
                       "cannot notify the service manager at " + name + ": File name too long\n");
    EXPECT_EQ(server.stop(), 0);
}

TEST(ServiceManager, IsNotToldReadyByAServerThatCouldNotStart) {
    const TempDir folder;
    const Manager manager{(folder.path() / "notify").string()};
    const Server server;
    Invocation again = server.command();
    again.environment = manager.environment();
    EXPECT_EQ(run(again).status, 1);
    EXPECT_FALSE(manager.has_more());
}

}  // namespace
}  // namespace belfry::test
