#include "bench/support/doublings.hpp"

namespace belfry::bench {

void report_doublings(const Doublings& doublings, const std::vector<std::vector<double>>& values,
                      Report& report) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t size = doublings.sizes[i];
        Figure figure;
        figure.group = doublings.group;
        figure.what = doublings.what + ", " + with_commas(size) + " " + doublings.setting;
        figure.unit = doublings.unit;
        figure.series.push_back({"Belfry", values[i]});
        figure.settings[doublings.setting] = static_cast<double>(size);
        if (i > 0) {
            figure.ratios.push_back(
                {"half as many", ratios_of(values[i], values[i - 1]), "about 2"});
        }
        report.add(std::move(figure));
    }
}

std::vector<std::uint64_t> doubled(std::uint64_t first, std::size_t count) {
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = first; sizes.size() < count; size *= 2) sizes.push_back(size);
    return sizes;
}

}  // namespace belfry::bench
