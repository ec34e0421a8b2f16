#include "bench/micro/scratch_log.hpp"
#include "shm/session.hpp"
#include "shm/session_slots.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace belfry::bench {
namespace {

/// Measures what a login and a logout do in shared memory: a slot is given, claimed, becomes the
/// client's session, is left, and is reaped.
void login(benchmark::State& state) {
    const auto clients = static_cast<std::size_t>(state.range(0));
    ScratchLog log{clients};
    std::size_t next = 0;
    for ([[maybe_unused]] auto round : state) {
        const auto given = shm::give_slot(log.segment(), 0);
        shm::Session session{log.segment(), given.slot, given.generation};
        shm::Session::Welcome welcome;
        if (!session.claim() || session.login(ScratchLog::client_id(next), welcome) !=
                                    shm::Session::LoginResult::welcome) {
            std::abort();
        }
        session.leave();
        shm::reap_slot(log.segment(), 0);
        next = (next + 7) % clients;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(login)->ArgName("clients")->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace belfry::bench
