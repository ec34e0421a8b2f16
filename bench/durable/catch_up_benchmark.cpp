#include "bench/durable/benchmarks.hpp"
#include "bench/durable/catch_up.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/publisher.hpp"

namespace belfry::bench {
namespace {

constexpr std::uint64_t in_flight = 10'000;

ServerPlan plan(const Options& options, const std::filesystem::path& data_dir,
                const std::string& ring_size) {
    return {data_dir, options.durability, {"sender", "reader"}, ring_size};
}

/// Returns the plan of a server whose ring holds the whole backlog.
ServerPlan ring_plan(const Options& options, const test::TempDir& scratch) {
    return plan(options, scratch.make("ring"), "256M");
}

void publish_backlog(const BelfryServer& server, std::uint64_t messages) {
    Publisher{server.port(), "sender", in_flight}.publish(messages);
}

/// Restarts the server with a ring that is so small that it holds only the end of the backlog.
void move_to_store(BelfryServer& server) {
    server.stop();
    server.start("1M");
}

}  // namespace

void catch_up_from_store(const Options& options, const test::TempDir& scratch, Report& report) {
    if (!options.stores()) {
        report.remark("catch-up: there is no store with durability memory");
        return;
    }
    BelfryServer stored{plan(options, scratch.make("store"), "64M")};
    publish_backlog(stored, options.backlog);
    move_to_store(stored);
    BelfryServer ring{ring_plan(options, scratch)};
    publish_backlog(ring, options.backlog);

    const auto read = [&](const BelfryServer& server) {
        return catch_up_rate(server.port(), "reader", options.backlog);
    };
    const auto series = measure_in_turn(options.rounds, {{"store", [&] { return read(stored); }},
                                                         {"ring", [&] { return read(ring); }}});
    report.add({"catch-up",
                "catch-up of " + with_commas(options.backlog),
                Unit::per_second,
                series,
                {},
                wanted::catch_up});
}

}  // namespace belfry::bench
