#pragma once

#include "tests/support/crash/exact_client.hpp"
#include "tests/support/crash/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace belfry::test {

/// Clients that send and receive without a pause, and what they have seen together.
class ExactClients {
  public:
    /// Starts a client for each way to connect, and waits until all are live.
    ExactClients(const std::vector<ExactClient::Connect>& ways, double max_per_second);

    [[nodiscard]] std::size_t size() const { return clients_.size(); }
    [[nodiscard]] ExactClient& operator[](std::size_t client) { return *clients_[client]; }

    /// Breaks the connection of a random client with a reset.
    void cut_any(std::mt19937_64& random);

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
                                                      std::size_t spared) const;

    /// Waits until every client has received such a message, also if its connection was broken.
    /// False if one does not.
    [[nodiscard]] bool everybody_goes_on_after(const Moment& moment,
                                               Milliseconds within = timeout) const;

    /// True if every client has read LIVE on its present connection.
    [[nodiscard]] bool is_live() const;

    /// Returns how many connections have broken so far, of all clients.
    [[nodiscard]] std::uint64_t breaks() const;

    /// Returns how many logins and messages were refused so far.
    [[nodiscard]] std::uint64_t refusals() const;

    /// True if a client has seen something that the protocol does not allow.
    [[nodiscard]] bool has_faults() const;

    /// Stops the clients that have seen such a thing, and returns what it was.
    [[nodiscard]] std::string faults() const;

    /// Waits until every client has received every message, and compares what the clients saw.
    /// Everything that is wrong becomes a failure of the running test.
    Verdict finish(Milliseconds within = timeout);

  private:
    static constexpr Milliseconds timeout{20'000};

    [[nodiscard]] bool is_pushed(std::size_t client, const Moment& moment) const;
    [[nodiscard]] bool has_all_taken_all() const;

    Pace pace_;
    std::vector<std::unique_ptr<ExactClient>> clients_;
};

/// Returns $BELFRY_SEED, or a random seed. The seed is printed, so that a run can be repeated.
[[nodiscard]] std::uint64_t choose_seed();

}  // namespace belfry::test
