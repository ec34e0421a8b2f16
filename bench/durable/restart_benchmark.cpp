#include "bench/durable/benchmarks.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/publisher.hpp"

namespace belfry::bench {
namespace {

constexpr std::uint64_t in_flight = 10'000;

ServerPlan plan(const Options& options, const std::filesystem::path& data_dir) {
    return {data_dir, options.durability, {"sender"}};
}

/// Returns the milliseconds of a start without a segment, from the store alone.
double restart(BelfryServer& server) {
    server.stop();
    server.start();
    return server.ready_after_ms();
}

}  // namespace

void restart_with_store(const Options& options, const test::TempDir& scratch, Report& report) {
    if (!options.stores()) {
        report.remark("restart: there is no store with durability memory");
        return;
    }
    BelfryServer full{plan(options, scratch.make("full"))};
    Publisher{full.port(), "sender", in_flight}.publish(options.stored);
    BelfryServer empty{plan(options, scratch.make("empty"))};

    const std::string stored = with_commas(options.stored) + " stored";
    const auto series = measure_in_turn(options.rounds, {{stored, [&] { return restart(full); }},
                                                         {"none", [&] { return restart(empty); }}});
    report.add({"restart", "restart", Unit::milliseconds, series, {}, wanted::restart});
}

}  // namespace belfry::bench
