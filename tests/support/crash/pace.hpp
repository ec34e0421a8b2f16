#pragma once

#include "tests/support/deadline.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace belfry::test {

/// Slows the senders down while a client gets too little processor time to keep up. Otherwise the
/// log would rightly overrun that client, and the measured times would be those of the machine
/// instead of the server. It can also limit the number of messages, since a view keeps them all.
/// All clients use it at once.
class Pace {
  public:
    static constexpr double full_speed = std::numeric_limits<double>::infinity();

    explicit Pace(std::size_t clients, double max_per_second = full_speed)
        : max_per_second_{max_per_second}, marks_(clients) {
        for (std::size_t client = 0; client < clients; ++client) leave(client);
    }

    /// Reports that the client is connected, though perhaps not live yet, and has received
    /// everything up to the id.
    void report(std::size_t client, std::uint64_t id) {
        if (marks_[client].taken.exchange(id) != id) marks_[client].when = now();
    }

    /// Reports that the client is offline, so that no sender waits for it.
    void leave(std::size_t client) { marks_[client].taken = nothing_to_wait_for; }

    /// True if no client is far behind this id. Clients that do not move at all do not count, since
    /// their child may be stopped.
    [[nodiscard]] bool allows(std::uint64_t id) const {
        const std::chrono::duration<double> elapsed = Clock::now() - start_;
        if (static_cast<double>(id) > elapsed.count() * max_per_second_) return false;
        constexpr std::uint64_t far = 1000;
        constexpr Clock::duration standstill = Milliseconds{20};
        for (const Mark& mark : marks_) {
            const std::uint64_t taken = mark.taken;
            const bool moves = now() - mark.when < standstill.count();
            if (moves && taken < id && id - taken > far) return false;
        }
        return true;
    }

  private:
    static constexpr std::uint64_t nothing_to_wait_for = std::numeric_limits<std::uint64_t>::max();

    static Clock::rep now() { return Clock::now().time_since_epoch().count(); }

    struct Mark {
        std::atomic<std::uint64_t> taken = 0;
        std::atomic<Clock::rep> when = 0;
    };
    double max_per_second_;
    Clock::time_point start_ = Clock::now();
    std::vector<Mark> marks_;
};

}  // namespace belfry::test
