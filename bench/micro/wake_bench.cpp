#include "base/futex.hpp"
#include "shm/condition.hpp"
#include "tests/support/shared.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>

/// Two processes wake each other in turn. A round is two wake-ups, each from a notification to the
/// next step of the other process.
namespace belfry::bench {
namespace {

constexpr auto for_ever = shm::Condition::Clock::time_point::max();
constexpr std::uint32_t stop = 0xffff'ffff;

/// Measures wake-ups by the condition of the log. The bare futex below shows the limit.
struct ByCondition {
    shm::Condition changed;
    std::atomic<std::uint32_t> turn;

    void set(std::uint32_t value) {
        turn.store(value, std::memory_order_release);
        changed.notify_all();
    }
    std::uint32_t wait_while(std::uint32_t value) {
        std::uint32_t seen = value;
        changed.wait_until(for_ever, [&] {
            seen = turn.load(std::memory_order_acquire);
            return seen != value;
        });
        return seen;
    }
};

/// Measures wake-ups by a bare futex: a store and a system call on either side.
struct ByFutex {
    std::atomic<std::uint32_t> turn;

    void set(std::uint32_t value) {
        turn.store(value);
        base::futex_wake(turn, 1, shm::Condition::everybody);
    }
    std::uint32_t wait_while(std::uint32_t value) {
        while (turn.load() == value) {
            base::futex_wait(turn, value, for_ever, shm::Condition::everybody);
        }
        return turn.load();
    }
};

template <typename Way>
[[noreturn]] void answer(Way& way) {
    std::uint32_t last = 0;
    while ((last = way.wait_while(last)) != stop) way.set(++last);
    ::_exit(EXIT_SUCCESS);
}

template <typename Way>
void wake_and_be_woken(benchmark::State& state) {
    const test::Shared<Way> way;
    const pid_t other = ::fork();
    if (other == -1) std::abort();
    if (other == 0) answer(*way);
    std::uint32_t turn = 0;
    for ([[maybe_unused]] auto round : state) {
        way->set(++turn);
        turn = way->wait_while(turn);
    }
    way->set(stop);
    ::waitpid(other, nullptr, 0);
}
BENCHMARK(wake_and_be_woken<ByCondition>)->Name("wake_and_be_woken/condition")->UseRealTime();
BENCHMARK(wake_and_be_woken<ByFutex>)->Name("wake_and_be_woken/futex")->UseRealTime();

}  // namespace
}  // namespace belfry::bench
