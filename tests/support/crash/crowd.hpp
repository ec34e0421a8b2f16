#pragma once

#include "tests/support/crash/exact_client.hpp"
#include "tests/support/crash/verdict.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace belfry::test {

/// A server and six clients that send and receive without a pause, while a test kills, stops or
/// disconnects them. If the server has a gate, the clients after the first three connect by TLS.
class Crowd {
  public:
    static constexpr std::size_t size = 6;
    static constexpr std::size_t plain_clients = 3;  ///< of a server with a gate

    /// @param options client_ids is overwritten
    explicit Crowd(ServerOptions options = {}, double max_per_second = Pace::full_speed);

    [[nodiscard]] Server& server() { return server_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// Returns a running child that kill() has not killed; waits until there is one.
    [[nodiscard]] pid_t choose_victim() {
        return choose_victim([](const ProcessInfo&) { return true; });
    }

    /// Returns one of those children for which the predicate is true.
    [[nodiscard]] pid_t choose_victim(const std::function<bool(const ProcessInfo&)>& fits);

    /// Sends SIGKILL, and remembers the child, so that it is not chosen again.
    void kill(pid_t victim);

    /// Breaks the connection of a random client with a reset.
    void cut_any();

    /// Waits for a random time of at most `at_most`.
    void pause(std::chrono::microseconds at_most);

    /// The state of each client at one moment, usually just before a kill.
    struct Moment {
        Clock::time_point when;
        std::vector<bool> was_live;
        std::vector<std::uint64_t> breaks;
    };
    [[nodiscard]] Moment now() const;

    /// Waits until every client that was live at the moment, and whose connection has not broken
    /// since, has received a message that was sent after the moment. Up to `spared` clients need
    /// not receive one. Returns the milliseconds for each. Throws Failure if a message does not
    /// come.
    [[nodiscard]] std::vector<double> wait_for_pushes(const Moment& moment,
                                                      std::size_t spared = 0) const;

    /// Waits until every client has received such a message, also if its connection was broken.
    /// False if one does not.
    [[nodiscard]] bool everybody_goes_on_after(const Moment& moment) const;

    /// To be called after the server was started again, perhaps on another port.
    void server_moved() {
        port_ = server_.port();
        tls_port_ = server_.tls_port();
    }

    /// True if every client has read LIVE on its present connection.
    [[nodiscard]] bool is_live() const;

    /// Returns how many connections have broken so far, of all clients.
    [[nodiscard]] std::uint64_t breaks() const;

    /// True if a client has seen something that the protocol does not allow.
    [[nodiscard]] bool has_faults() const;

    /// Waits until every client has received every message, and compares what the clients saw.
    /// Everything that is wrong becomes a failure of the running test.
    Verdict finish();

  private:
    [[nodiscard]] ExactClient::Connect way_of(std::size_t client) const;
    [[nodiscard]] bool is_pushed(std::size_t client, const Moment& moment) const;
    [[nodiscard]] bool has_all_taken_all() const;
    [[nodiscard]] std::string faults() const;

    std::uint64_t seed_;
    std::mt19937_64 random_;
    Server server_;
    std::atomic<std::uint16_t> port_;
    std::atomic<std::uint16_t> tls_port_;
    Pace pace_;
    std::vector<std::unique_ptr<ExactClient>> clients_;
    std::set<std::pair<pid_t, std::uint64_t>> killed_;  ///< pid and start time
};

}  // namespace belfry::test
