#include "bench/fanout/throughput.hpp"

#include "bench/fanout/wanted.hpp"
#include "bench/support/series.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace belfry::bench {
namespace {

/// Returns a number of messages that takes Redis about a second, whatever their size and the number
/// of subscribers. With 1,000 subscribers it takes about four seconds: the first turn of a process
/// after the runs of other servers is slow, and should be only one of dozens of turns.
std::uint64_t messages_of_a_run(const FanoutOptions& options, std::size_t subscribers,
                                std::uint64_t size) {
    const double deliveries = subscribers == 1 ? 1e6 : subscribers < 1'000 ? 4e6 : 16e6;
    const double lighter = size > 256 ? 0.3 : 1;
    const double messages = options.scale * deliveries * lighter / static_cast<double>(subscribers);
    return std::max<std::uint64_t>(20, static_cast<std::uint64_t>(std::llround(messages)));
}

}  // namespace

Rates measure_rates(const FanoutOptions& options, std::size_t subscribers, std::uint64_t size,
                    std::vector<Stage>& stages) {
    const std::uint64_t messages = messages_of_a_run(options, subscribers, size);
    const std::string payload(size, 'x');
    Rates rates{.messages = messages};
    const auto run = [&](Stage& stage) {
        return stage.publish_all(stage.peer().messages_of_a_run(messages), payload);
    };
    for (Stage& stage : stages) {
        static_cast<void>(run(stage));  // a warm-up
        rates.deliveries.push_back({stage.peer().name(), {}});
        rates.cpu.push_back(rates.deliveries.back());
        rates.generator.push_back(rates.deliveries.back());
        rates.generator_user.push_back(rates.deliveries.back());
    }
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < stages.size(); ++i) {
            const Stage::Rate rate = run(stages[i]);
            rates.deliveries[i].values.push_back(rate.deliveries_a_second);
            rates.cpu[i].values.push_back(rate.cpu_ns_a_delivery);
            rates.generator[i].values.push_back(rate.own_share);
            rates.generator_user[i].values.push_back(rate.own_user_ns_a_delivery);
        }
    }
    return rates;
}

void report_rates(const Rates& rates, const RateReport& as, Report& report) {
    report.add({as.group_prefix + "deliveries", as.what + ", deliveries", Unit::per_second,
                rates.deliveries, as.deliveries, "", as.settings});
    report.add({as.group_prefix + "cpu", as.what + ", server CPU a delivery", Unit::nanoseconds,
                rates.cpu, as.cpu, "", as.settings});
    report.add({as.group_prefix + "generator",
                as.what + ", generator's share of a processor",
                Unit::none,
                rates.generator,
                {},
                "",
                as.settings});
}

void report_generator_user(const Rates& rates, const RateReport& as, Report& report) {
    report.add({as.group_prefix + "generator-user",
                as.what + ", generator's CPU outside the kernel a delivery",
                Unit::nanoseconds,
                rates.generator_user,
                {},
                "",
                as.settings});
}

void measure_throughput(const FanoutOptions& options, std::size_t subscribers,
                        std::vector<Stage>& stages, Report& report) {
    for (const std::uint64_t size : options.sizes) {
        const Rates rates = measure_rates(options, subscribers, size, stages);
        report_rates(rates,
                     {.group_prefix = "",
                      .what = with_commas(size) + " bytes to " + with_commas(subscribers),
                      .deliveries = throughput_ratios(rates.deliveries, subscribers, size),
                      .cpu = cpu_ratios(rates.cpu, subscribers),
                      .settings = {{"bytes", static_cast<double>(size)},
                                   {"subscribers", static_cast<double>(subscribers)},
                                   {"messages", static_cast<double>(rates.messages)}}},
                     report);
    }
}

}  // namespace belfry::bench
