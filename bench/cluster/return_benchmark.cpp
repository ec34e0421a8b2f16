#include "bench/cluster/benchmarks.hpp"
#include "bench/cluster/nodes.hpp"
#include "bench/cluster/wanted.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/wait.hpp"

namespace belfry::bench {
namespace {

constexpr std::size_t away = 2;
constexpr std::uint64_t in_flight = 10'000;
constexpr std::chrono::seconds return_timeout{300};

/// Lets a node miss messages. @return how long it takes from its start until it shows the last one,
/// in milliseconds
double come_back(Nodes& nodes, Publisher& publisher, std::uint64_t missed) {
    nodes.node(away).stop();
    publisher.publish(missed);
    const std::uint64_t last = nodes.shown_id(0);
    const auto begin = Clock::now();
    nodes.node(away).start();
    wait_until([&] { return nodes.shown_id(away) >= last; }, return_timeout,
               "the node does not come back");
    return 1e3 * Seconds{Clock::now() - begin}.count();
}

}  // namespace

void return_to_the_cluster(const ClusterOptions& options, const test::TempDir& scratch,
                           Report& report) {
    Nodes nodes{scratch, {"sender"}};
    Publisher publisher{nodes.node(0).port(), "sender", in_flight};
    const auto series = measure_in_turn(
        options.rounds, {{"Belfry", [&] { return come_back(nodes, publisher, options.missed); }}});
    report.add(
        {"return",
         "a node that missed " + with_commas(options.missed) + " messages shows the last one after",
         Unit::milliseconds,
         series,
         {},
         wanted::cluster_return});
}

}  // namespace belfry::bench
