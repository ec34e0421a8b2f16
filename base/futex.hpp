#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

/// The futex system call, on words that several processes share (not FUTEX_PRIVATE).
/// See futex(2). The kernel keeps the queue of sleepers, and forgets those that die.
namespace belfry::base {

/// Sleeps while the word is `expected`, until woken with a common bit or until the deadline.
/// May return early for no reason: the caller looks again. @return false: the deadline has passed
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point deadline, std::uint32_t bits) noexcept;

/// Wakes at most `count` of the sleepers that have a bit in common, those who sleep longest first.
/// @return how many
std::uint32_t futex_wake(std::atomic<std::uint32_t>& word, int count, std::uint32_t bits) noexcept;

}  // namespace belfry::base
