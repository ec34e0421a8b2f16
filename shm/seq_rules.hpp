#pragma once

#include <algorithm>
#include <cstdint>

/// Rules for seqs: which ones a client may use next (wire/PROTOCOL.md), and in which order the seqs
/// of one sender stand in a log.
namespace belfry::shm {

inline constexpr std::uint64_t max_seq = 0x7fff'ffff'ffff'ffff;

/// Up to this seq, 2^62, a client may skip any number of seqs. Nanoseconds since 1970 stay below it
/// until 2116.
inline constexpr std::uint64_t max_free_seq = 1ULL << 62;

/// A seq above max_free_seq is accepted only if it is at most this far above the highest accepted
/// one, so that no single message uses up all seqs.
inline constexpr std::uint64_t max_seq_step = 1ULL << 32;

/// Tells whether `seq` must be refused. @param highest the highest accepted seq, below `seq`
[[nodiscard]] constexpr bool is_too_far(std::uint64_t seq, std::uint64_t highest) noexcept {
    return seq > max_free_seq && seq - highest > max_seq_step;
}

/// Checks the seqs of one sender in the order of the log. They increase, with one exception: after
/// a seq above max_free_seq a lower one may follow, because reset_seq() may have set the client
/// back. That lower one is above all earlier seqs up to max_free_seq.
class SeqOrder {
  public:
    /// Takes the next seq. @return false if it cannot follow those before it
    [[nodiscard]] bool take(std::uint64_t seq) noexcept {
        const bool follows = seq > last_ || (last_ > max_free_seq && seq > highest_free_);
        last_ = seq;
        if (seq <= max_free_seq) highest_free_ = std::max(highest_free_, seq);
        return follows;
    }

    /// Returns the seq that was taken last.
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

    /// Returns the highest seq up to max_free_seq. The sender's last seq is never below it.
    [[nodiscard]] std::uint64_t highest_free() const noexcept { return highest_free_; }

  private:
    std::uint64_t last_ = 0;
    std::uint64_t highest_free_ = 0;
};

}  // namespace belfry::shm
