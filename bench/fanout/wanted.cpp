#include "bench/fanout/wanted.hpp"

#include "bench/support/series.hpp"

namespace belfry::bench {

std::vector<Ratio> throughput_ratios(const std::vector<Series>& rates, std::size_t subscribers,
                                     std::uint64_t bytes) {
    const bool is_wanted = bytes == 64;
    std::vector<Ratio> ratios;
    add_ratio_to_better(ratios, rates, "Redis", "NATS", is_wanted ? "at least 2.5" : "");
    add_ratio(ratios, rates, "raw", is_wanted && subscribers >= 10 ? "at least 0.6" : "");
    add_ratio(ratios, rates, "relay", "");
    return ratios;
}

std::vector<Ratio> cpu_ratios(const std::vector<Series>& cpu, std::size_t subscribers) {
    std::vector<Ratio> ratios;
    add_ratio(ratios, cpu, "Redis", subscribers == 100 ? "at most 0.6" : "");
    return ratios;
}

std::vector<Ratio> latency_ratios(const std::vector<Series>& medians, std::size_t subscribers) {
    std::string wanted;
    if (subscribers == 1) wanted = "at most 1.2";
    if (subscribers == 10) wanted = "at most 1.1";
    if (subscribers == 100) wanted = "at most 0.9";
    std::vector<Ratio> ratios;
    add_ratio(ratios, medians, "Redis", wanted);
    add_ratio(ratios, medians, "relay", "");
    return ratios;
}

}  // namespace belfry::bench
