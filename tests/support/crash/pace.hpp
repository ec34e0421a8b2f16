#pragma once

#include "tests/support/deadline.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace belfry::test {

/// Keeps the senders from running away from a client that the machine gives no time. Without it
/// the log would overrun that client, rightly, and the times would tell of the machine instead of
/// the server. It may also bound how many messages there are, since a view keeps them all. Used by
/// all clients at once.
class Pace {
  public:
    static constexpr double full_speed = std::numeric_limits<double>::infinity();

    explicit Pace(std::size_t clients, double max_per_second = full_speed)
        : max_per_second_{max_per_second}, marks_(clients) {
        for (std::size_t client = 0; client < clients; ++client) leave(client);
    }

    /// The client is connected, though perhaps not live yet, and has taken everything up to the id.
    void report(std::size_t client, std::uint64_t id) {
        if (marks_[client].taken.exchange(id) != id) marks_[client].when = now();
    }

    /// The client is offline: nobody waits for it.
    void leave(std::size_t client) { marks_[client].taken = nothing_to_wait_for; }

    /// Whether nobody is far behind this id, but for those who do not move at all: their child
    /// may be stopped.
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
