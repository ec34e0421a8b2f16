#include "tests/support/failure.hpp"
#include "tests/support/fd.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/prometheus_text.hpp"
#include "tests/support/server.hpp"
#include "tests/support/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>

/// How a person, a terminal and a monitoring system see a running server.
namespace belfry::test {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string version() {
    const std::string said = run({program("belfryd"), {"--version"}}).out;
    return said.substr(said.find(' ') + 1, said.find('\n') - said.find(' ') - 1);
}

// --- status -------------------------------------------------------------------------------------

TEST(Status, TellsTrafficLagAndWhenAClientWasSeen) {
    const Server server;
    RawClient one = server.log_in("1");
    const std::uint64_t before = server.client_status("1").at("bytes_in");
    const std::string line = "SAY hello\r\n";
    one.send(line);
    const Frame sent = one.next();
    EXPECT_EQ(sent.verb, "SENT");
    const json client = server.client_status("1");
    EXPECT_EQ(client.at("bytes_in"), before + line.size());
    EXPECT_GT(client.at("bytes_out"), sent.line.size());
    EXPECT_GE(client.at("seen_ms"), client.at("connected_ms"));
    EXPECT_EQ(client.at("logins"), 1);
    EXPECT_EQ(client.at("version"), version());
    const json silent = server.client_status("2");
    EXPECT_EQ(silent.at("behind"), 1);
    EXPECT_EQ(silent.at("seen_ms"), 0);
    EXPECT_EQ(silent.at("bytes_in"), 0);
    EXPECT_EQ(silent.at("version"), "");
}

TEST(Status, CountsWhatCameWithTheLogin) {
    const Server server;
    RawClient one = server.connect();
    const std::string bytes = "LOGIN 1\r\nSAY at once\r\n";
    one.send(bytes);
    one.read_until("SENT");
    EXPECT_EQ(server.client_status("1").at("bytes_in"), bytes.size());
}

/// The last end of client 1, when it has come.
void expect_end(const Server& server, const std::string& reason) {
    EXPECT_TRUE(eventually([&] {
        const json ends = server.client_status("1").at("last_ends");
        return !ends.empty() && ends.at(0) == reason;
    })) << reason
        << " is not in " << server.client_status("1").dump();
}

TEST(Status, TellsWhySessionsEnded) {
    const Server server;
    server.log_in("1").quit();
    expect_end(server, "quit");
    server.log_in("1").shutdown_sending();
    expect_end(server, "closed");
    server.log_in("1").reset();
    expect_end(server, "lost");
    {
        RawClient earlier = server.log_in("1");
        RawClient later = server.log_in("1");
        expect_end(server, "taken-over");
        ::kill(server.child_of("1"), SIGKILL);
        expect_end(server, "killed");
    }
    RawClient bad = server.log_in("1");
    bad.send("SEND 1 2\r\nabc\r\n");
    expect_end(server, "protocol");
    const std::vector<std::string> all{"protocol", "killed", "taken-over",
                                       "lost",     "closed", "quit"};
    EXPECT_EQ(server.client_status("1").at("last_ends"), all);
    for (const std::string& reason : all) {
        EXPECT_EQ(server.status().at("server").at("ends").at(reason), 1) << reason;
    }
    const std::string page = server.belfryctl({"status"}).out;
    EXPECT_TRUE(has(page, "ago, killed, taken-over, lost")) << page;
}

TEST(Status, TellsUptimeVersionsAndConnections) {
    const Server server{{.durability = "commit"}};
    RawClient silent = server.connect();
    RawClient stranger = server.connect();
    stranger.send("LOGIN nobody\r\n");
    stranger.expect_error("unknown-client");
    const json status = server.status();
    EXPECT_EQ(status.at("server").at("refused_logins"), 1);
    EXPECT_GE(status.at("server").at("not_logged_in"), 1);
    EXPECT_EQ(status.at("server").at("port"), server.port());
    EXPECT_LT(status.at("server").at("uptime_s"), 3600);
    for (const std::string key : {"supervisor_version", "archiver_version"}) {
        EXPECT_TRUE(eventually([&] {
            return server.status().at("processes").at(key) == version();
        })) << key;
    }
}

TEST(Status, AnArchiverThatWasKilledIsCounted) {
    const Server server{{.durability = "commit"}};
    ::kill(server.archiver(), SIGKILL);
    EXPECT_TRUE(
        eventually([&] { return server.status().at("processes").at("archiver_restarts") == 1; }));
    static_cast<void>(server.archiver());
}

TEST(Status, ADeadConnectionIsNotCounted) {
    Server server;
    const RawClient silent = server.connect();
    const auto not_logged_in = [&server] {
        return server.status().at("server").at("not_logged_in").get<int>();
    };
    EXPECT_TRUE(eventually([&] { return not_logged_in() == 1; }));
    server.kill_all();
    EXPECT_EQ(not_logged_in(), 0);
}

TEST(Status, ForAPersonHasABarARateAndALineAClient) {
    const Server server{{.client_ids = "alice,bob"}};
    RawClient alice = server.log_in("alice");
    alice.send("SAY one\r\nSAY two\r\n");
    alice.read_until_id(2);
    const std::string page = server.belfryctl({"status"}).out;
    for (const std::string part : {"server      up ", "ring        [=", " messages/s", "alice  ",
                                   "online", "offline", "1 of at most 1024 online"}) {
        EXPECT_TRUE(has(page, part)) << part << " is not in\n" << page;
    }
    EXPECT_GT(server.status().at("rates").at("short").at("messages_per_s"), 0);
}

// --- metrics ------------------------------------------------------------------------------------

TEST(MetricsCommand, PrintsWhatPrometheusReads) {
    const Server server{{.durability = "commit"}};
    RawClient one = server.log_in("1");
    one.send("SAY one\r\nSAY two\r\n");
    one.read_until_id(2);
    const Result result = server.belfryctl({"metrics"});
    EXPECT_EQ(result.status, 0) << result.err;
    const auto values = read_prometheus_text(result.out);
    EXPECT_EQ(values.at("belfry_messages_total"), 2);
    EXPECT_EQ(values.at("belfry_stored_id"), 2);
    EXPECT_EQ(values.at("belfry_sessions_online"), 1);
    EXPECT_EQ(values.at("belfry_process_up{process=\"archiver\"}"), 1);
    EXPECT_EQ(values.at("belfry_client_lag_messages{client=\"2\"}"), 2);
    EXPECT_GT(values.at("belfry_client_received_bytes_total{client=\"1\"}"), 0);
}

// --- log --follow -------------------------------------------------------------------------------

std::size_t ticks_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string word;
    std::size_t ticks = 0;
    for (int field = 1; file >> word && field <= 15; ++field) {
        if (field >= 14) ticks += std::stoul(word);
    }
    return ticks;
}

Command log_follow(const Server& server, const std::vector<std::string>& more = {}) {
    Command command{program("belfryctl"),
                    {"--data-dir", server.data_dir().string(), "log", "--follow"}};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

void expect_printed(const Process& follower, const std::string& text) {
    EXPECT_TRUE(eventually([&] { return has(follower.out(), text); })) << follower.out();
}

/// A follower that has printed a first message, which this client sends.
Process follow_from_first(const Server& server, RawClient& client) {
    Process follower{log_follow(server)};
    client.send("SAY first\r\n");
    expect_printed(follower, "first");
    return follower;
}

TEST(LogFollow, PrintsWhatIsThereAndWhatComesUntilItIsInterrupted) {
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

TEST(LogFollow, ForProgramsPrintsOneObjectAMessage) {
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

TEST(LogFollow, EndsWithTheServerAndMissesNothing) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    one.send("SAY the last words\r\n");
    one.read_until_id(2);
    EXPECT_EQ(server.stop(), 0);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
    EXPECT_TRUE(has(follower.out(), "the last words")) << follower.out();
}

TEST(LogFollow, OfADeadServerEndsAtOnce) {
    Server server;
    RawClient one = server.log_in("1");
    one.send("SAY last words\r\n");
    one.read_until_id(1);
    server.kill_all();
    const Result result = server.belfryctl({"log", "--follow"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result.out, "last words"));
}

TEST(LogFollow, GoesOnWhereTheSupervisorAloneIsKilled) {
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

TEST(LogFollow, EndsWithItsOwnServerWhereAnotherOneHasTheDataDirectory) {
    Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    // It sees the end of its server only when the next one lives.
    follower.signal(SIGSTOP);
    EXPECT_EQ(server.stop(), 0);
    server.start();
    follower.signal(SIGCONT);
    EXPECT_EQ(follower.wait(), 0) << follower.err();
}

TEST(LogFollow, LooksAtNoLockOfTheDataDirectory) {
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
    const Fd held{::open(alive.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)};
    ASSERT_EQ(::flock(held.get(), LOCK_SH), 0);
    server.kill_all();
    EXPECT_EQ(follower.wait(), 0) << follower.err();
}

/// A pipe with a name, which takes one page and which nobody reads.
class StalledPipe {
  public:
    StalledPipe() {
        if (::mkfifo(path().c_str(), S_IRUSR | S_IWUSR) != 0) throw system_failure("mkfifo");
        end_ = Fd{::open(path().c_str(), O_RDWR | O_CLOEXEC)};
        if (::fcntl(end_.get(), F_SETPIPE_SZ, 4096) < 0) throw system_failure("F_SETPIPE_SZ");
    }

    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "pipe"; }

    [[nodiscard]] bool is_full() const {
        pollfd end{end_.get(), POLLOUT, 0};
        return ::poll(&end, 1, 0) == 0;
    }

  private:
    TempDir folder_;
    Fd end_;
};

/// A program whose standard input and output is a file.
Process on_file(const std::filesystem::path& file, const std::string& redirections,
                const Command& command) {
    const std::string line = "file=$1; exec " + shell_line(command) + " " + redirections;
    return Process{{.program = "/bin/sh",
                    .arguments = {"-c", line, "sh", file.string()},
                    .environment = {{"TERM", "xterm"}}}};
}

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

TEST(LogFollow, IsInterruptedAlsoWhereItsReaderStalls) {
    expect_end_of_stalled_follower(SIGINT);
}

TEST(LogFollow, IsTerminatedAlsoWhereItsReaderStalls) {
    expect_end_of_stalled_follower(SIGTERM);
}

TEST(LogFollow, SaysWhyItCannotWrite) {
    const Server server;
    RawClient one = server.log_in("1");
    one.send("SAY something\r\n");
    one.read_until_id(1);
    Process follower = on_file("/dev/full", "> \"$file\"", log_follow(server));
    EXPECT_EQ(follower.wait(), 1);
    EXPECT_EQ(follower.err(), "belfryctl: cannot write standard output: No space left on device\n");
}

TEST(LogFollow, BurnsNoTimeWhileNothingComes) {
    const Server server;
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    const std::size_t before = ticks_of(follower.pid());
    // A loop that does not wait would use up the whole of this time: 100 ticks a second.
    std::this_thread::sleep_for(Milliseconds{1000});
    EXPECT_LT(ticks_of(follower.pid()) - before, 20U);
}

TEST(LogFollow, HoldsNobodyBackAndSaysWhatItMissed) {
    const Server server{{.more = {"--ring-size", "64K", "--max-payload", "8K"}}};
    RawClient one = server.log_in("1");
    Process follower = follow_from_first(server, one);
    follower.signal(SIGSTOP);
    for (std::uint64_t seq = 2; seq <= 101; ++seq) one.send_message(seq, std::string(4000, 'x'));
    one.read_until_id(101);
    follower.signal(SIGCONT);
    EXPECT_TRUE(eventually([&] { return has(follower.err(), "had left the ring"); }))
        << follower.err();
    one.send("SAY and on\r\n");
    expect_printed(follower, "and on");
}

TEST(LogFollow, GoesWithLogAlone) {
    const Server server;
    const Result result = server.belfryctl({"status", "--follow"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "belfryctl: --follow goes with log\n");
}

// --- top ----------------------------------------------------------------------------------------

constexpr TerminalSize wide{150, 30};

/// ncurses keeps what it has allocated to the end, which is no leak of ours; and LeakSanitizer
/// hangs at the end of a program whose terminal has gone.
Command top_of(const Server& server) {
    return {"/usr/bin/env",
            {"ASAN_OPTIONS=detect_leaks=0", program("belfryctl").string(), "--data-dir",
             server.data_dir().string(), "top"}};
}

/// The client-ids in the order in which the screen shows them.
std::string clients_on(const Terminal& terminal) {
    std::string ids;
    for (const std::string& line : terminal.rows()) {
        const std::string word = line.substr(0, line.find(' '));
        if (word == "ann" || word == "bob" || word == "cat") ids += word[0];
    }
    return ids;
}

TEST(Top, ShowsTheServerLiveAndQuitsWithQ) {
    const Server server{{.client_ids = "ann,bob,cat"}};
    Terminal terminal{top_of(server), wide};
    terminal.expect("0 of at most 1024 online");
    RawClient ann = server.log_in("ann");
    terminal.expect("1 of at most 1024 online");
    ann.send("SAY hello\r\n");
    terminal.expect("messages 1 to 1");
    terminal.expect("sort:");
    terminal.press({"q"});
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("sort:");  // the screen is as before
}

TEST(Top, SortsByTheKeyThatIsPressed) {
    const Server server{{.client_ids = "cat,ann,bob"}};
    RawClient bob = server.log_in("bob");
    bob.send("SAY a message of bob\r\n");
    bob.read_until_id(1);
    Terminal terminal{top_of(server), wide};
    const auto shows = [&terminal](const std::string& order) {
        EXPECT_TRUE(eventually([&] { return clients_on(terminal) == order; }))
            << order << " is not shown:\n"
            << terminal.screen();
    };
    shows("cab");  // as they were given
    terminal.press({"c"});
    shows("abc");
    terminal.press({"r"});
    shows("cba");
    terminal.press({"i"});
    shows("bac");
    terminal.press({"b"});
    shows("acb");
}

TEST(Top, FollowsTheSizeOfTheTerminal) {
    const Server server{{.client_ids = "ann,bob,cat"}};
    Terminal terminal{top_of(server), wide};
    terminal.expect("cat ");
    terminal.resize({40, 14});
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "a"; })) << terminal.screen();
    terminal.press({"Down"});
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "b"; })) << terminal.screen();
    terminal.resize(wide);
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "abc"; })) << terminal.screen();
}

TEST(Top, OutlivesTheServer) {
    Server server;
    Terminal terminal{top_of(server), wide};
    terminal.expect("server      up");
    EXPECT_EQ(server.stop(), 0);
    terminal.expect("there is no segment of a server");
    server.start();
    terminal.expect("server      up");
    terminal.press({"C-c"});
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Top, TheQuitKeyOfTheTerminalLeavesTheScreenAsBefore) {
    const Server server;
    Terminal terminal{top_of(server), wide};
    terminal.expect("server      up");
    terminal.expect("sort:");
    terminal.press({"C-\\"});
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("sort:");
}

TEST(Top, EndsWhereItsTerminalHangsUpWithoutASignal) {
    const Server server;
    Fd terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)};
    ASSERT_TRUE(terminal.is_open());
    std::array<char, 4096> bytes{};
    ASSERT_EQ(::unlockpt(terminal.get()), 0);
    ASSERT_EQ(::ptsname_r(terminal.get(), bytes.data(), bytes.size()), 0);
    // It leads no session, so the terminal does not become its own, and sends it no SIGHUP.
    Process top = on_file(bytes.data(), "<> \"$file\" >&0", top_of(server));
    std::string seen;
    ASSERT_TRUE(eventually([&] {
        const ssize_t length = ::read(terminal.get(), bytes.data(), bytes.size());
        if (length > 0) seen.append(bytes.data(), static_cast<std::size_t>(length));
        return has(seen, "sort:");
    })) << top.err();
    EXPECT_TRUE(top.is_running());
    terminal.reset();
    EXPECT_EQ(top.wait(), 0) << top.err();
}

TEST(Top, WithoutATerminalSaysSoInOneLine) {
    const Server server;
    const Result result = server.belfryctl({"top"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "belfryctl: top needs a terminal\n");
    EXPECT_EQ(result.out, "");
}

TEST(Top, OnAnUnknownTerminalSaysSo) {
    const Server server;
    Command command = top_of(server);
    command.arguments.insert(command.arguments.begin(), "TERM=no-such-one");
    const Terminal terminal{command, wide};
    terminal.expect("belfryctl: top needs a terminal that is known, not TERM=no-such-one");
    EXPECT_EQ(terminal.wait(), 2);
}

}  // namespace
}  // namespace belfry::test
