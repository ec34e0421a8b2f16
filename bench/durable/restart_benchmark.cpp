#include "bench/durable/benchmarks.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/table.hpp"

namespace belfry::bench {
namespace {

constexpr std::uint64_t in_flight = 10'000;

ServerPlan plan(const Options& options, const std::filesystem::path& data_dir) {
    return {data_dir, options.durability, {"sender"}};
}

/// Milliseconds of a start without a segment, from the store alone.
double restart(BelfryServer& server) {
    server.stop();
    server.start();
    return server.ready_after_ms();
}

}  // namespace

void restart_with_store(const Options& options, const ScratchDir& scratch) {
    if (!options.stores()) {
        print_remark("restart: there is no store with durability memory");
        return;
    }
    BelfryServer full{plan(options, scratch.make("full"))};
    Publisher{full.port(), "sender", in_flight}.publish(options.stored);
    BelfryServer empty{plan(options, scratch.make("empty"))};

    const Pairs figures = measure_in_turn(
        options.rounds, [&] { return restart(full); }, [&] { return restart(empty); });
    print({"restart with " + with_commas(options.stored) + " stored", figures, Unit::milliseconds,
           "empty store", wanted::restart});
}

}  // namespace belfry::bench
