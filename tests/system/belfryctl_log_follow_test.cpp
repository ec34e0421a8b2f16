#include "base/unique_fd.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

/// `belfryctl log --follow` beside a server that runs, ends or dies.
namespace belfry::test {
namespace {

using nlohmann::json;

/// Returns the processor time of a process, in clock ticks.
std::size_t cpu_ticks_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string word;
    std::size_t ticks = 0;
    for (int field = 1; file >> word && field <= 15; ++field) {
        if (field >= 14) ticks += std::stoul(word);
    }
    return ticks;
}

Invocation log_follow(const Server& server, const std::vector<std::string>& more = {}) {
    Invocation command{program("belfryctl"),
                       {"--data-dir", server.data_dir().string(), "log", "--follow"}};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

void expect_printed(const Process& follower, const std::string& text) {
    EXPECT_TRUE(eventually([&] { return has(follower.out(), text); })) << follower.out();
}

/// Starts a follower that has printed a first message, which the client sends.
Process follow_from_first(const Server& server, RawClient& client) {
    Process follower{log_follow(server)};
    client.send("SAY first\r\n");
    expect_printed(follower, "first");
    return follower;
}

TEST(LogFollow, PrintsOldAndNewMessagesUntilItIsInterrupted) {
    const Server server;
    RawClient one = server.log_in("1");
    one.send("SAY before\r\n");
    one.read_until_id(1);
    Process follower{log_follow(server)};
    expect_printed(follower, "1: before\n");
    one.send("SAY while it looks\r\n");
    expect_printed(follower, "1: while it looks\n");
    follower.signal(SIGINT);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_EQ(lines_of(follower.out()).size(), 2U);
    EXPECT_EQ(follower.err(), "");
    one.expect_verb("SENT");
}

TEST(LogFollow, WithJsonPrintsOneObjectPerMessage) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower{log_follow(server, {"--json"})};
    one.send_message(5, "first");
    expect_printed(follower, "first");
    one.send_message(6, "second");
    one.read_until_id(2);
    EXPECT_EQ(server.stop(), 0);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    const auto lines = lines_of(follower.out());
    ASSERT_EQ(lines.size(), 2U) << follower.out();
    EXPECT_EQ(json::parse(lines[0]).at("text"), "first");
    EXPECT_EQ(json::parse(lines[1]).at("seq"), 6);
}

TEST(LogFollow, EndsWithTheServerAndMissesNoMessage) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    one.send("SAY the last words\r\n");
    one.read_until_id(2);
    EXPECT_EQ(server.stop(), 0);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_TRUE(has(follower.out(), "the last words")) << follower.out();
}

TEST(LogFollow, EndsAtOnceIfTheServerIsDead) {
    Server server;
    RawClient one = server.log_in("1");
    one.send("SAY last words\r\n");
    one.read_until_id(1);
    server.kill_all();
    const Result result = server.belfryctl({"log", "--follow"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result.out, "last words"));
}

TEST(LogFollow, KeepsRunningIfOnlyTheSupervisorIsKilled) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    server.kill_supervisor();
    one.send("SAY the children go on\r\n");
    expect_printed(follower, "the children go on");
    EXPECT_TRUE(follower.is_running());
    server.kill_all();
    EXPECT_EQ(follower.wait(), 0) << follower.err();
}

TEST(LogFollow, EndsWithItsOwnServerEvenIfAnotherOneUsesTheDataDirectory) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    // While it is stopped, its server ends and the next one starts.
    follower.signal(SIGSTOP);
    EXPECT_EQ(server.stop(), 0);
    server.start();
    follower.signal(SIGCONT);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
}

TEST(LogFollow, DoesNotDependOnTheLockFiles) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    const auto alive = server.data_dir() / "alive";
    std::filesystem::remove(alive);
    server.kill_supervisor();
    for (const std::string text : {"one more", "and one more", "and the last"}) {
        one.send("SAY " + text + "\r\n");
        expect_printed(follower, "1: " + text + "\n");
    }
    const base::UniqueFd held{
        ::open(alive.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    ASSERT_EQ(::flock(held.get(), LOCK_SH), 0);
    server.kill_all();
    EXPECT_EQ(follower.wait(), 0) << follower.err();
}

/// A named pipe that holds one page and that nobody reads.
class StalledPipe {
  public:
    StalledPipe() {
        if (::mkfifo(path().c_str(), S_IRUSR | S_IWUSR) != 0) throw system_failure("mkfifo");
        end_ = base::UniqueFd{::open(path().c_str(), O_RDWR | O_CLOEXEC)};
        if (::fcntl(end_.get(), F_SETPIPE_SZ, 4096) < 0) throw system_failure("F_SETPIPE_SZ");
    }

    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "pipe"; }

    [[nodiscard]] bool is_full() const {
        pollfd end{end_.get(), POLLOUT, 0};
        return ::poll(&end, 1, 0) == 0;
    }

  private:
    TempDir folder_;
    base::UniqueFd end_;
};

void expect_end_of_stalled_follower(int signal) {
    const Server server;
    RawClient one = server.log_in("1");
    for (std::uint64_t seq = 1; seq <= 4; ++seq) one.send_message(seq, std::string(4000, 'x'));
    one.read_until_id(4);
    const StalledPipe pipe;
    Process follower = on_file(pipe.path(), "> \"$file\"", log_follow(server));
    ASSERT_TRUE(eventually([&] { return pipe.is_full(); })) << follower.err();
    follower.signal(signal);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_EQ(follower.err(), "");
}

TEST(LogFollow, CanBeInterruptedWhileItsReaderStalls) {
    expect_end_of_stalled_follower(SIGINT);
}

TEST(LogFollow, CanBeTerminatedWhileItsReaderStalls) {
    expect_end_of_stalled_follower(SIGTERM);
}

TEST(LogFollow, ReportsWhyItCannotWrite) {
    const Server server;
    RawClient one = server.log_in("1");
    one.send("SAY something\r\n");
    one.read_until_id(1);
    Process follower = on_file("/dev/full", "> \"$file\"", log_follow(server));
    EXPECT_EQ(follower.wait(), 1);
    EXPECT_EQ(follower.err(), "belfryctl: cannot write standard output: No space left on device\n");
}

TEST(LogFollow, UsesNoProcessorTimeWhileNoMessageArrives) {
    const Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    const std::size_t before = cpu_ticks_of(follower.pid());
    // A loop that does not wait would use up the whole of this time: 100 ticks a second.
    std::this_thread::sleep_for(Milliseconds{1000});
    EXPECT_LT(cpu_ticks_of(follower.pid()) - before, 20U);
}

TEST(LogFollow, DelaysNobodyAndReportsWhatItMissed) {
    const Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}}};
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    follower.signal(SIGSTOP);
    for (std::uint64_t seq = 2; seq <= 101; ++seq) one.send_message(seq, std::string(4000, 'x'));
    one.read_until_id(101);
    follower.signal(SIGCONT);
    EXPECT_TRUE(eventually([&] { return has(follower.err(), "left the ring"); })) << follower.err();
    one.send("SAY and on\r\n");
    expect_printed(follower, "and on");
}

TEST(LogFollow, IsAnOptionOfLogOnly) {
    const Server server;
    const Result result = server.belfryctl({"status", "--follow"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "belfryctl: --follow is only for log\n");
}

}  // namespace
}  // namespace belfry::test
