#pragma once

#include "tests/support/crash/exact_client.hpp"
#include "tests/support/crash/verdict.hpp"
#include "tests/support/server.hpp"
#include "tests/support/timings.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace belfry::test {

/// A server and six clients that send and receive without a pause, while a test does them harm.
class Crowd {
  public:
    /// @param options client_ids is set here
    explicit Crowd(ServerOptions options = {}, double max_per_second = Pace::full_speed);

    [[nodiscard]] Server& server() { return server_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }
    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// A living child that was not killed here; waits until there is one.
    [[nodiscard]] pid_t choose_victim();

    /// SIGKILL, so that this child is never chosen again.
    void kill(pid_t victim);

    /// Breaks the connection of one client with a reset.
    void cut_any();

    /// Waits for a random time of at most so long.
    void pause(std::chrono::microseconds at_most);

    /// What a moment of harm did to each client.
    struct Moment {
        Clock::time_point when;
        std::vector<bool> was_live;
        std::vector<std::uint64_t> breaks;
    };
    [[nodiscard]] Moment now() const;

    /// Waits until a message that was made after the moment has been pushed to every client that
    /// was live then and whose connection has not broken since; as many as are spared need not get
    /// one. Returns the milliseconds for each. Throws Failure where it does not come.
    [[nodiscard]] std::vector<double> wait_for_pushes(const Moment& moment,
                                                      std::size_t spared = 0) const;

    /// Waits until such a message has been pushed to every client, whatever it went through.
    [[nodiscard]] bool everybody_goes_on_after(const Moment& moment) const;

    /// The server has been started again, perhaps on another port.
    void server_moved() { port_ = server_.port(); }

    /// Connections that broke so far, of all clients.
    [[nodiscard]] std::uint64_t breaks() const;

    /// Whether a client saw something that the protocol does not allow.
    [[nodiscard]] bool has_faults() const;

    /// Lets the clients come to an end and compares what they saw. All that is not good becomes a
    /// failure of the running test.
    Verdict finish();

  private:
    [[nodiscard]] bool is_pushed(std::size_t client, const Moment& moment) const;
    [[nodiscard]] bool has_all_taken_all() const;
    [[nodiscard]] std::string faults() const;

    std::uint64_t seed_;
    std::mt19937_64 random_;
    Server server_;
    std::atomic<std::uint16_t> port_;
    Pace pace_;
    std::vector<std::unique_ptr<ExactClient>> clients_;
    std::set<std::pair<pid_t, std::uint64_t>> killed_;  ///< pid and start time
};

}  // namespace belfry::test
