#include "shm/log_lock.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iomanip>
#include <iostream>
#include <random>

/// A process waits for the lock while the holder of the lock is killed.
namespace belfry::test {
namespace {

struct Moments {
    std::atomic<bool> held;
    /// The time at which the waiter got the lock: steady clock, nanoseconds; 0 before that.
    std::atomic<std::int64_t> got_lock;
};

std::int64_t now_ns() {
    return std::chrono::nanoseconds{Clock::now().time_since_epoch()}.count();
}

int hold_for_ever(shm::Segment& segment, Moments& moments) {
    shm::LogLock{segment}.lock();
    moments.held = true;
    while (true) segment.ring()[0] = static_cast<char>(segment.ring()[0] + 1);
}

int lock_and_report(shm::Segment& segment, Moments& moments) {
    shm::LogLock lock{segment};
    lock.lock();
    moments.got_lock = now_ns();
    lock.unlock();
    return 0;
}

/// Kills the holder `after` the waiter has fallen asleep. Returns the milliseconds from the kill
/// until the waiter has the lock.
double kill_the_holder(shm::Segment& segment, std::chrono::microseconds after) {
    Shared<Moments> moments;
    ForkedChild holder{[&] { return hold_for_ever(segment, *moments); }};
    if (!eventually([&] { return moments->held.load(); })) throw Failure{"nobody holds the lock"};
    ForkedChild waiter{[&] { return lock_and_report(segment, *moments); }};
    if (!eventually([&] { return waiter.is_asleep(); })) throw Failure{"the waiter does not wait"};
    std::this_thread::sleep_for(after);
    const std::int64_t killed = now_ns();
    holder.kill();
    EXPECT_EQ(waiter.wait(), 0);
    return static_cast<double>(moments->got_lock - killed) / 1e6;
}

TEST(LockOfAKilledOwner, IsTakenByTheWriterThatWaitsForIt) {
    constexpr int kills = 101;
    ScratchSegment scratch;
    std::mt19937_64 random{std::random_device{}()};
    std::uniform_int_distribution<int> microseconds{0, 2000};
    std::vector<double> times;
    for (int kill = 0; kill < kills; ++kill) {
        times.push_back(
            kill_the_holder(scratch.segment(), std::chrono::microseconds{microseconds(random)}));
    }
    std::ranges::sort(times);
    std::cout << "a writer that waits for the lock of a killed owner gets it after: " << std::fixed
              << std::setprecision(3) << "median " << times[times.size() / 2]
              << " ms (wanted: 1 ms), p99 " << times[times.size() * 99 / 100] << " ms, max "
              << times.back() << " ms, n " << times.size() << std::endl;
    EXPECT_EQ(scratch.broken(), std::vector<std::string>{});
}

}  // namespace
}  // namespace belfry::test
