#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

/// Peers that attack the server, or do not follow the protocol, neither stop it nor change the log.
namespace belfry::test {
namespace {

/// Expects that the supervisor has reported no child that aborted or crashed.
void expect_no_crash(const Server& server) {
    EXPECT_EQ(server.errors().find("was killed by signal"), std::string::npos) << server.errors();
}

/// Logs in as a known client, and tries again until that succeeds. Returns the milliseconds it
/// took.
double log_in_eventually(const Server& server, std::string_view client_id) {
    constexpr Milliseconds timeout{120'000};
    const auto start = Clock::now();
    const auto try_login = [&] {
        RawClient client = server.connect();
        client.send("LOGIN " + std::string{client_id} + "\r\n");
        const auto frame = client.next_or_end(timeout);
        if (!frame || frame->verb != "WELCOME") return false;
        client.read_until("LIVE");
        client.expect_pong();
        client.quit();
        return true;
    };
    const auto is_logged_in = [&] {
        try {
            return try_login();
        } catch (const Disconnected&) {
            return false;
        }
    };
    if (!eventually(is_logged_in, timeout)) throw Failure("a known client cannot log in");
    return milliseconds_since(start);
}

/// Sends one more byte of a login that never ends. @return whether the server has not answered yet
bool drip(RawClient& slow_peer, std::size_t bytes_sent) {
    constexpr std::string_view beginning = "LOGIN ";
    const char byte = bytes_sent < beginning.size() ? beginning[bytes_sent] : 'a';
    slow_peer.send({&byte, 1});
    constexpr int between_bytes_ms = 20;
    return slow_peer.receive(between_bytes_ms) && slow_peer.next_received() == std::nullopt;
}

TEST(Hostile, AClientThatSendsItsLoginByteByByteGetsLoginTimeout) {
    const Server server;
    RawClient slow_peer = server.connect();
    RawClient other = server.connect();
    const auto start = Clock::now();
    const Deadline deadline{Milliseconds{20'000}};
    std::size_t sent = 0;
    other.send("L");
    while (drip(slow_peer, sent++)) {
        if (deadline.passed()) throw Failure("the server did not end the connection");
    }
    std::cout << "login-timeout after " << sent << " bytes and " << milliseconds_since(start)
              << " ms\n";
    EXPECT_GT(milliseconds_since(start), 8'000);
    slow_peer.expect_closed();
    other.expect_error("login-timeout");
    other.expect_closed();
    EXPECT_LT(log_in_eventually(server, "1"), 5'000 * slowness());
    expect_no_crash(server);
}

/// Raises the limit on descriptors as far as the system permits.
void allow_many_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t number_of_silent_connections() {
    const char* given = std::getenv("BELFRY_SILENT_CONNECTIONS");
    return given == nullptr ? 400 : std::strtoul(given, nullptr, 10);
}

/// Returns one of a hundred addresses, each of which is a source to the server.
std::string address_of(std::size_t number) {
    return "127.0.1." + std::to_string(number % 100);
}

TEST(Hostile, ManyConnectionsWithoutALoginDoNotKeepAKnownClientOut) {
    allow_many_descriptors();
    const std::size_t count = number_of_silent_connections();
    const Server server{{.more = {"--max-clients", "4"}}};
    log_in_eventually(server, "1");  // so that its address is known
    std::vector<RawClient> halting;
    const auto start = Clock::now();
    for (std::size_t number = 0; number < count; ++number) {
        halting.push_back(server.connect_from(address_of(number)));
        halting.back().send("LOGI");
    }
    std::cout << count << " connections in " << milliseconds_since(start) << " ms; ";
    std::cout << "a known client logs in after " << log_in_eventually(server, "1") << " ms; ";
    // The oldest connections were closed for it, with an ERR.
    halting.front().expect_error("too-many-clients");
    halting.front().expect_closed();
    halting.clear();
    std::cout << "and after they have gone, within " << log_in_eventually(server, "2") << " ms\n";
    expect_no_crash(server);
}

enum class Close { in_order, by_reset };

/// Sends the beginning of a command as client 1, and closes the connection.
void send_and_close(const Server& server, std::string_view beginning, Close close) {
    RawClient client = server.log_in("1");
    client.send(beginning);
    if (close == Close::by_reset) return client.reset();
    client.shutdown_sending();
    const auto last = client.read_to_the_end();
    ASSERT_EQ(lines_of(last), std::vector<std::string>{"BYE quit"});
}

TEST(Hostile, ASendThatIsCutOffAtAnyByteIsNotAppended) {
    const Server server;
    RawClient reader = server.log_in("2");
    for (const std::string whole :
         {"SEND 1 7\r\nhel\r\nlo\r\n", "SAY hello\r\n", "SEND 9 0\r\n\r\n"}) {
        for (std::size_t size = 0; size < whole.size(); ++size) {
            for (const auto close : {Close::in_order, Close::by_reset}) {
                send_and_close(server, whole.substr(0, size), close);
            }
        }
    }
    // A session that was reset may still read its input. A take-over does not wait for it.
    RawClient client = server.log_in("1");
    client.send_message(1, "all of it");
    client.expect("SENT 1 1");
    reader.expect_message(1, "1", "all of it");
    reader.expect_pong();
    expect_no_crash(server);
}

/// Sends as fast as the server answers, in a thread, until the object is destroyed.
class FastSender {
  public:
    explicit FastSender(const Server& server)
        : client_{server.log_in("1")}, thread_{[this] { run(); }} {}
    FastSender(const FastSender&) = delete;
    FastSender& operator=(const FastSender&) = delete;
    ~FastSender() {
        stopping_ = true;
        thread_.join();
    }

    [[nodiscard]] std::uint64_t sent() const { return sent_; }

    /// Tells the sender how far the other client has read.
    void set_seen(std::uint64_t id) { seen_ = id; }

  private:
    void run() noexcept {
        try {
            pump();
        } catch (const std::exception& failure) {
            ADD_FAILURE() << "the fast sender: " << failure.what();
        }
    }

    void pump() {
        constexpr int batch = 100;
        std::string bytes;
        for (int number = 0; number < batch; ++number) bytes += "SAY at full speed\r\n";
        while (!stopping_) {
            if (sent_ > seen_ + lead) {
                std::this_thread::sleep_for(Milliseconds{1});
                continue;
            }
            client_.send(bytes);
            for (int number = 0; number < batch; ++number) client_.read_until("SENT");
            sent_ += batch;
        }
    }

    /// The largest lag of the other client, in messages. Without a bound the test would measure
    /// that client instead of the server.
    static constexpr std::uint64_t lead = 2000;

    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> sent_ = 0;
    std::atomic<std::uint64_t> seen_ = 0;
    RawClient client_;
    std::thread thread_;
};

void type_while_another_sends(const std::string& durability) {
    const Server server{{.durability = durability}};
    FastSender fast{server};
    RawClient person = server.log_in("2");
    std::vector<double> times_ms;
    const auto start = Clock::now();
    for (int line = 0; line < 200; ++line) {
        const auto typed = Clock::now();
        person.send("SAY a line that was typed\r\n");
        person.read_until("SENT");
        times_ms.push_back(milliseconds_since(typed));
        fast.set_seen(person.last_id());
        // A person pauses between two lines, and reads meanwhile.
        const auto next = Clock::now() + Milliseconds{5};
        while (Clock::now() < next && person.receive(1)) {
            while (person.next_received()) {
            }
            fast.set_seen(person.last_id());
        }
    }
    const double seconds = milliseconds_since(start) / 1000;
    std::cout << "durability " << durability << ", while another client sends "
              << static_cast<std::uint64_t>(static_cast<double>(fast.sent()) / seconds)
              << " messages/s: SENT to a person after " << summary(times_ms) << "\n";
    expect_no_crash(server);
}

TEST(Hostile, APersonIsAnsweredWhileAnotherClientSendsAtFullSpeed) {
    type_while_another_sends("memory");
    type_while_another_sends("commit");
}

}  // namespace
}  // namespace belfry::test
