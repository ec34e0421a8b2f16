#pragma once

#include "tests/support/crash/exact_clients.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
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
    void cut_any() { clients_.cut_any(random_); }

    /// Waits for a random time of at most `at_most`.
    void pause(std::chrono::microseconds at_most);

    using Moment = ExactClients::Moment;
    [[nodiscard]] Moment now() const { return clients_.now(); }

    /// See ExactClients.
    [[nodiscard]] std::vector<double> wait_for_pushes(const Moment& moment,
                                                      std::size_t spared = 0) const {
        return clients_.wait_for_pushes(moment, spared);
    }
    [[nodiscard]] bool everybody_goes_on_after(const Moment& moment) const {
        return clients_.everybody_goes_on_after(moment);
    }

    /// To be called after the server was started again, perhaps on another port.
    void server_moved() {
        port_ = server_.port();
        tls_port_ = server_.tls_port();
    }

    [[nodiscard]] bool is_live() const { return clients_.is_live(); }
    [[nodiscard]] std::uint64_t breaks() const { return clients_.breaks(); }
    [[nodiscard]] bool has_faults() const { return clients_.has_faults(); }

    /// Waits until every client has received every message, and compares what the clients saw.
    /// Everything that is wrong becomes a failure of the running test.
    Verdict finish();

  private:
    [[nodiscard]] ExactClient::Connect way_of(std::size_t client) const;
    [[nodiscard]] std::vector<ExactClient::Connect> all_ways() const;

    std::uint64_t seed_;
    std::mt19937_64 random_;
    Server server_;
    std::atomic<std::uint16_t> port_;
    std::atomic<std::uint16_t> tls_port_;
    std::set<std::pair<pid_t, std::uint64_t>> killed_;  ///< pid and start time
    ExactClients clients_;                              ///< last: it uses the above
};

}  // namespace belfry::test
