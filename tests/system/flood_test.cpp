#include "tests/support/failure.hpp"
#include "tests/support/mapped_segment.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// Connections that send nothing, or no login, cost little, and keep no known client out. Each
/// address of 127.0.0.0/8 is a source of its own.
namespace belfry::test {
namespace {

const std::string attacker = "127.0.3.1";
const std::string friendly = "127.0.2.1";

/// A server, and its counters of connections.
class Flood : public ::testing::Test {
  protected:
    void start(ServerOptions options) {
        server_.emplace(std::move(options));
        segment_.emplace(*server_);
    }

    [[nodiscard]] const Server& server() const { return *server_; }
    [[nodiscard]] std::uint64_t waiting() const { return segment_->server().waiting_connections; }
    [[nodiscard]] std::uint64_t limited() const { return segment_->server().limited_connections; }
    [[nodiscard]] std::uint64_t refused() const { return segment_->server().refused_connections; }

    void expect_waiting(std::uint64_t count) const {
        EXPECT_TRUE(eventually([&] { return waiting() == count; })) << waiting() << " wait";
    }

    /// Connects from an address, and sends the bytes.
    [[nodiscard]] RawClient open(const std::string& from, std::string_view bytes = "") const {
        RawClient client = server().connect_from(from);
        client.send(bytes);
        return client;
    }

    /// Logs in from an address and out again.
    void visit(const std::string& from, const std::string& client_id = "1") const {
        RawClient client = server().connect_from(from);
        client.log_in_live(client_id);
        client.quit();
    }

    /// Tells whether a connection from the address is closed before it has sent anything.
    [[nodiscard]] bool is_shut_out(const std::string& from) const {
        RawClient client = open(from);
        constexpr int moment_ms = 100;
        return !client.receive(moment_ms);
    }

  private:
    std::optional<Server> server_;
    std::optional<MappedSegment> segment_;
};

/// Returns how many page faults of ended children the process has counted. It is 0 as long as no
/// child has ended.
std::uint64_t faults_of_ended_children(pid_t pid) {
    std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(stat, line);
    std::istringstream words{line.substr(line.rfind(')') + 2)};
    constexpr int fields_before = 8;
    std::string skipped;
    for (int field = 0; field < fields_before; ++field) words >> skipped;
    std::uint64_t faults = 0;
    words >> faults;
    return faults;
}

TEST_F(Flood, AConnectionHasNoProcessBeforeItsFirstByte) {
    start({});
    std::vector<RawClient> silent;
    for (int count = 0; count < 5; ++count) silent.push_back(open(attacker));
    expect_waiting(5);
    EXPECT_TRUE(server().children().empty());
    silent.front().send("L");
    EXPECT_TRUE(eventually([&] { return server().children().size() == 1; }));
    expect_waiting(4);
    silent.front().send("OGIN 1\r\n");
    silent.front().expect_verb("WELCOME");
    EXPECT_EQ(limited() + refused(), 0U);
}

TEST_F(Flood, AConnectionThatIsResetOrClosedBeforeItsFirstByteHasNoProcess) {
    start({});
    for (int round = 0; round < 100; ++round) {
        open(attacker).reset();
        static_cast<void>(open(attacker));
        open(attacker).shutdown_sending();
    }
    // The server accepts connections one after the other, so it has seen all of those before.
    RawClient last = open(attacker);
    expect_waiting(1);
    EXPECT_TRUE(server().children().empty());
    EXPECT_EQ(faults_of_ended_children(server().pid()), 0U);
    last.send("LOGIN 1\r\n");
    last.read_until("LIVE");
    last.quit();
    EXPECT_TRUE(eventually([&] { return faults_of_ended_children(server().pid()) > 0; }));
}

TEST_F(Flood, AnAddressHasAQuarterOfTheRoomAndItsOldestConnectionsAreClosedWithoutALine) {
    start({.more = {"--max-waiting", "40"}});
    RawClient other = open(friendly);
    std::vector<RawClient> silent;
    for (int count = 0; count < 30; ++count) silent.push_back(open(attacker));
    for (int number = 0; number < 20; ++number)
        silent[static_cast<std::size_t>(number)].expect_closed();
    expect_waiting(11);
    EXPECT_EQ(limited(), 20U);
    EXPECT_TRUE(server().will_say("closed a connection from " + attacker));
    silent[20].send("LOGIN 1\r\n");
    silent[20].expect_verb("WELCOME");
    other.log_in("2");
}

TEST_F(Flood, TheOldestConnectionOfTheLargestSourceIsClosedIfTheRoomIsFull) {
    start({.more = {"--max-waiting", "8"}});
    RawClient alone = open("127.0.4.1");
    std::vector<RawClient> pairs;
    for (const char* from : {"127.0.4.2", "127.0.4.3", "127.0.4.4"}) {
        for (int twice = 0; twice < 2; ++twice) pairs.push_back(open(from));
    }
    RawClient also_alone = open("127.0.4.5");
    expect_waiting(8);
    RawClient newcomer = open("127.0.4.6");
    pairs.front().expect_closed();
    expect_waiting(8);
    EXPECT_EQ(limited(), 1U);
    alone.log_in("1");
    also_alone.log_in("2");
    newcomer.log_in("3");
}

TEST_F(Flood, ProcessesWithoutALoginAreLimited) {
    start({});
    visit(friendly);
    const auto begin = Clock::now();
    std::vector<RawClient> halting;
    for (int count = 0; count < 500; ++count) halting.push_back(open(attacker, "LOGI"));
    // While a slow machine connected these, the address has earned some more processes.
    const auto is_limited = [&] {
        halting.push_back(open(attacker, "LOGI"));
        return limited() > 100;
    };
    EXPECT_TRUE(eventually(is_limited)) << limited();
    const double seconds = milliseconds_since(begin) / 1000;
    EXPECT_LE(static_cast<double>(server().children().size()), 300 + 20 * seconds + 1);
    visit(friendly);
    RawClient again = open(friendly, "LOGIN 1\r\n");
    again.expect_verb("WELCOME");
}

TEST_F(Flood, ProcessesOfAllStrangersAreLimitedTogetherAndDoNotKeepAKnownAddressOut) {
    start({});
    visit(friendly);
    const auto begin = Clock::now();
    std::vector<RawClient> halting;
    for (int number = 0; number < 800; ++number) {
        halting.push_back(open("127.0.5." + std::to_string(number % 200), "LOGI"));
    }
    visit(friendly);
    const std::size_t children = server().children().size();
    const double seconds = milliseconds_since(begin) / 1000;
    EXPECT_LE(static_cast<double>(children), 300 + 200 * seconds + 1);
    EXPECT_GT(children, 100U);
}

TEST_F(Flood, ManyClientsOfOneAddressCanLogInAtOnce) {
    std::string ids = "0";
    for (int number = 1; number < 500; ++number) ids += "," + std::to_string(number);
    start({.client_ids = ids});
    const auto begin = Clock::now();
    std::vector<RawClient> clients;
    for (int number = 0; number < 500; ++number) {
        clients.push_back(open(friendly, "LOGIN " + std::to_string(number) + "\r\n"));
    }
    for (RawClient& client : clients) client.read_until("LIVE");
    std::cout << "500 clients logged in at once within " << milliseconds_since(begin) << " ms\n";
    EXPECT_EQ(limited(), 0U);
}

TEST_F(Flood, AnAddressWithTooManyFailedLoginsIsShutOut) {
    start({});
    visit(attacker);
    for (int count = 0; count < 300; ++count) {
        RawClient client = open(attacker, count % 2 == 0 ? "LOGIN nobody\r\n" : "GET / HTTP\r\n");
        client.expect_verb("ERR");
    }
    EXPECT_FALSE(is_shut_out(attacker));
    EXPECT_TRUE(eventually([&] {
        static_cast<void>(open(attacker, "LOGIN nobody\r\n").read_to_the_end());
        return is_shut_out(attacker);
    }));
    EXPECT_FALSE(is_shut_out(friendly));
    visit(friendly);
}

/// Runs something again and again in a thread, until the object is destroyed.
class Repeated {
  public:
    explicit Repeated(std::function<void()> work)
        : thread_{[this, work = std::move(work)] {
              while (!stopping_) work();
          }} {}
    Repeated(const Repeated&) = delete;
    Repeated& operator=(const Repeated&) = delete;
    ~Repeated() {
        stopping_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

TEST_F(Flood, AKnownClientLogsInWhileTwoHundredAddressesOpenAndReset) {
    start({});
    visit(friendly);
    std::atomic<std::uint64_t> opened = 0;
    const Repeated flood{[&] {
        try {
            open("127.0.5." + std::to_string(opened % 200)).reset();
            ++opened;
        } catch (const Failure&) {
            // No port is free, or the connection was reset while it was made.
        }
    }};
    std::vector<double> times_ms;
    for (int login = 0; login < 100; ++login) {
        const auto begin = Clock::now();
        visit(friendly);
        times_ms.push_back(milliseconds_since(begin));
    }
    std::cout << "while " << opened << " connections were opened and reset: a login and logout "
              << summary(times_ms) << "\n";
}

TEST_F(Flood, AKnownClientLogsInWhileTwoHundredAddressesAreSilent) {
    start({});
    visit(friendly);
    std::vector<RawClient> silent;
    for (int number = 0; number < 3000; ++number) {
        silent.push_back(open("127.0.5." + std::to_string(number % 200)));
    }
    std::vector<double> times_ms;
    for (int login = 0; login < 20; ++login) {
        const auto begin = Clock::now();
        visit(friendly);
        times_ms.push_back(milliseconds_since(begin));
    }
    std::cout << "with " << waiting() << " silent connections: a login and logout "
              << summary(times_ms) << "\n";
    EXPECT_EQ(limited(), 0U);
}

}  // namespace
}  // namespace belfry::test
