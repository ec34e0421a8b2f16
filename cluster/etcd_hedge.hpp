#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace belfry::cluster {

/// Says when a call goes to which server. It goes to one more server if there is no answer after
/// 250 ms, and then after each 500 ms. The earlier requests stay under way, and the first answer
/// counts. So a request that a dead leader has swallowed is repeated soon after there is a new one,
/// and a slow answer is not given up.
class HedgeSchedule {
  public:
    /// @param first the server that is asked first, at once
    HedgeSchedule(std::size_t first, std::size_t servers, base::TimePoint now)
        : server_{first}, servers_{servers}, next_{now} {}

    /// Returns when the next request is due.
    [[nodiscard]] base::TimePoint next() const { return next_; }

    /// Takes the server for the request that is due now.
    [[nodiscard]] std::size_t take(base::TimePoint now) {
        next_ = now + (is_first_ ? std::chrono::milliseconds{250} : std::chrono::milliseconds{500});
        is_first_ = false;
        return std::exchange(server_, (server_ + 1) % servers_);
    }

    /// Notes that a server has refused to serve. The next one is asked at once, but after all have
    /// refused there is a pause.
    void note_failure(base::TimePoint now) {
        const bool all_failed = ++failures_ % servers_ == 0;
        next_ = all_failed ? std::min(next_, now + std::chrono::milliseconds{50}) : now;
    }

    /// Makes a request to this server due now.
    void repeat_at(std::size_t server, base::TimePoint now) {
        server_ = server;
        next_ = now;
    }

  private:
    std::size_t server_;
    std::size_t servers_;
    base::TimePoint next_;
    std::size_t failures_ = 0;
    bool is_first_ = true;
};

}  // namespace belfry::cluster
