#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace belfry::admission {

/// How fast a token bucket fills, and how many tokens fit into it.
struct Rate {
    base::Duration interval;  ///< between two new tokens
    std::int64_t burst;
};

/// A token bucket that is full at first. It stores only the time at which it will be full, so it
/// needs neither a timer nor a fraction. The caller passes a time that never decreases.
class TokenBucket {
  public:
    explicit TokenBucket(const Rate& rate) noexcept
        : per_token_{rate.interval}, capacity_{rate.interval * rate.burst} {}

    /// Tells whether the bucket holds at least one token.
    [[nodiscard]] bool has_token(base::TimePoint now) const noexcept {
        return next_token(now) <= now;
    }

    /// Returns when the bucket will hold at least one token; `now` or earlier if it does already.
    [[nodiscard]] base::TimePoint next_token(base::TimePoint now) const noexcept {
        return std::max(full_at_, now) + per_token_ - capacity_;
    }

    /// Takes tokens, even if the bucket does not hold so many. It then stays empty for longer.
    void take(base::TimePoint now, std::int64_t tokens = 1) noexcept {
        full_at_ = std::max(full_at_, now) + per_token_ * tokens;
    }

    /// Takes one token. @return false if there is none
    [[nodiscard]] bool try_take(base::TimePoint now) noexcept {
        if (!has_token(now)) return false;
        take(now);
        return true;
    }

    /// Gives a token back that was taken earlier.
    void give_back() noexcept { full_at_ -= per_token_; }

  private:
    base::Duration per_token_;
    base::Duration capacity_;
    base::TimePoint full_at_;
};

}  // namespace belfry::admission
