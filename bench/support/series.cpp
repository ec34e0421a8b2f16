#include "bench/support/series.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace belfry::bench {

std::vector<double> values_of(const std::vector<Series>& series, std::string_view name) {
    const auto found = std::ranges::find(series, name, &Series::name);
    return found == series.end() ? std::vector<double>{} : found->values;
}

void add_ratio(std::vector<Ratio>& ratios, const std::vector<Series>& series,
               std::string_view other, std::string wanted) {
    const auto others = values_of(series, other);
    if (others.empty()) return;
    ratios.push_back(
        {std::string{other}, ratios_of(series.front().values, others), std::move(wanted)});
}

void add_ratio_to_better(std::vector<Ratio>& ratios, const std::vector<Series>& series,
                         std::string_view one, std::string_view other, std::string wanted) {
    const auto ones = values_of(series, one);
    const auto others = values_of(series, other);
    if (ones.empty()) return add_ratio(ratios, series, other, std::move(wanted));
    if (others.empty()) return add_ratio(ratios, series, one, std::move(wanted));
    ratios.push_back({"the better of " + std::string{one} + " and " + std::string{other},
                      ratios_of(series.front().values, better_of(ones, others)),
                      std::move(wanted)});
}

}  // namespace belfry::bench
