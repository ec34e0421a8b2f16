#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

/// The futex system call (futex(2)) for words in shared memory, that is, without FUTEX_PRIVATE.
/// The kernel keeps the queue of sleepers, and removes a sleeper that dies.
namespace belfry::base {

/// Sleeps until a wake-up, or until the deadline. It returns at once if the word is not `expected`,
/// and may also wake spuriously, so the caller checks its condition again.
/// @param bits a wake-up must have one of these bits
/// @return false if the deadline has passed
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point deadline, std::uint32_t bits) noexcept;

/// Wakes at most `count` of the sleepers that wait for one of `bits`. Those that have slept longest
/// come first.
/// @return how many were woken
std::uint32_t futex_wake(std::atomic<std::uint32_t>& word, int count, std::uint32_t bits) noexcept;

}  // namespace belfry::base
