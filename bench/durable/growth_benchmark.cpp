#include "bench/durable/benchmarks.hpp"
#include "bench/durable/catch_up.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/doublings.hpp"
#include "bench/support/publisher.hpp"
#include "tests/support/deadline.hpp"

#include <memory>

namespace belfry::bench {
namespace {

constexpr std::uint64_t in_flight = 1'000;

/// Times in milliseconds.
struct Costs {
    std::vector<std::vector<double>> publish;
    std::vector<std::vector<double>> catch_up;
    std::vector<std::vector<double>> restart;
};

/// Measures one run of a server that is empty at first and has a very small ring.
void measure(const Options& options, std::uint64_t messages, std::size_t at, Costs& costs) {
    const test::TempDir scratch{options.dir};
    BelfryServer server{{scratch.make("belfry"), options.durability, {"sender", "reader"}, "1M"}};
    const auto start = Clock::now();
    Publisher{server.port(), "sender", in_flight}.publish(messages);
    costs.publish[at].push_back(test::milliseconds_since(start));
    const double rate = catch_up_rate(server.port(), "reader", messages);
    costs.catch_up[at].push_back(1e3 * static_cast<double>(messages) / rate);
    server.stop();
    server.start();
    costs.restart[at].push_back(server.ready_after_ms());
}

}  // namespace

void grow_with_messages(const Options& options, const test::TempDir& /*scratch*/, Report& report) {
    if (!options.stores()) {
        report.remark("growth: there is no store with durability memory");
        return;
    }
    const auto sizes = options.quick ? doubled(20'000, 3) : doubled(125'000, 5);
    const std::vector<std::vector<double>> none(sizes.size());
    Costs costs{none, none, none};
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t at = 0; at < sizes.size(); ++at) measure(options, sizes[at], at, costs);
    }
    const auto add = [&](const char* group, const char* what, const auto& values) {
        report_doublings({group, what, "messages", Unit::milliseconds, sizes}, values, report);
    };
    add("growth-publish", "publish, 1,000 in flight", costs.publish);
    add("growth-catch-up", "catch-up from the store", costs.catch_up);
    add("growth-restart", "restart", costs.restart);
}

}  // namespace belfry::bench
