#include "bench/fanout/growth.hpp"

#include "bench/support/belfry_peer.hpp"
#include "bench/support/doublings.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <memory>

namespace belfry::bench {
namespace {

constexpr std::size_t payload_bytes = 64;

/// Returns the milliseconds of a run.
double time_of(Stage& stage, std::uint64_t messages, std::uint64_t subscribers) {
    const auto rate = stage.publish_all(messages, std::string(payload_bytes, 'x'));
    return 1e3 * static_cast<double>(messages * subscribers) / rate.deliveries_a_second;
}

std::unique_ptr<Stage> stage_for(const test::TempDir& scratch, std::uint64_t subscribers,
                                 const FlowControl& flow) {
    auto peer = std::make_unique<BelfryPeer>(scratch.make("growth" + std::to_string(subscribers)),
                                             subscribers);
    return std::make_unique<Stage>(std::move(peer), subscribers, flow);
}

void grow_subscribers(const FanoutOptions& options, const test::TempDir& scratch, Report& report) {
    const std::uint64_t messages = options.quick ? 100 : 10'000;
    const auto sizes = options.quick ? doubled(2, 3) : doubled(25, 6);
    std::vector<std::unique_ptr<Stage>> stages;
    for (const std::uint64_t size : sizes) {
        stages.push_back(stage_for(scratch, size, options.flow));
        static_cast<void>(time_of(*stages.back(), messages, size));  // a warm-up
    }
    std::vector<std::vector<double>> values(sizes.size());
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            values[i].push_back(time_of(*stages[i], messages, sizes[i]));
        }
    }
    report_doublings({"growth-subscribers", with_commas(messages) + " messages to all",
                      "subscribers", Unit::milliseconds, sizes},
                     values, report);
}

void grow_messages(const FanoutOptions& options, const test::TempDir& scratch, Report& report) {
    const std::uint64_t subscribers = options.quick ? 3 : 100;
    const auto sizes = options.quick ? doubled(100, 3) : doubled(4'000, 6);
    const auto stage = stage_for(scratch, subscribers, options.flow);
    static_cast<void>(time_of(*stage, sizes.back(), subscribers));  // a warm-up
    std::vector<std::vector<double>> values(sizes.size());
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            values[i].push_back(time_of(*stage, sizes[i], subscribers));
        }
    }
    report_doublings({"growth-messages", "to " + with_commas(subscribers) + " subscribers",
                      "messages", Unit::milliseconds, sizes},
                     values, report);
}

}  // namespace

void measure_growth(const FanoutOptions& options, Report& report) {
    grow_subscribers(options, test::TempDir{options.dir}, report);
    grow_messages(options, test::TempDir{options.dir}, report);
}

}  // namespace belfry::bench
