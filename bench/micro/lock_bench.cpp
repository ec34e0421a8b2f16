#include "bench/micro/crew.hpp"
#include "bench/micro/scratch_log.hpp"
#include "shm/log_lock.hpp"

#include <benchmark/benchmark.h>

namespace belfry::bench {
namespace {

/// Measures the lock without contention.
void lock_and_unlock(benchmark::State& state) {
    ScratchLog log;
    shm::LogLock lock{log.segment()};
    for ([[maybe_unused]] auto round : state) {
        lock.lock();
        lock.unlock();
    }
    state.SetLabel("at most 25 ns");
}
BENCHMARK(lock_and_unlock);

/// Measures the lock while several processes take it, with no other work.
void lock_and_unlock_by(benchmark::State& state) {
    constexpr std::int64_t rounds = 100'000;
    const auto processes = static_cast<std::size_t>(state.range(0));
    ScratchLog log;
    for ([[maybe_unused]] auto round : state) {
        state.SetIterationTime(run_crew(processes, [&](std::size_t /*number*/) {
            return [lock = shm::LogLock{log.segment()}]() mutable {
                for (std::int64_t i = 0; i < rounds; ++i) {
                    lock.lock();
                    lock.unlock();
                }
            };
        }));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * rounds *
                            state.range(0));
}
BENCHMARK(lock_and_unlock_by)->ArgName("processes")->Arg(2)->Arg(4)->UseManualTime();

}  // namespace
}  // namespace belfry::bench
