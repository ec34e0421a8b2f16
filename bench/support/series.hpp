#pragma once

#include "bench/support/report.hpp"

#include <string_view>
#include <vector>

namespace belfry::bench {

/// Returns the values of one contestant; empty if it is missing.
[[nodiscard]] std::vector<double> values_of(const std::vector<Series>& series,
                                            std::string_view name);

/// Adds the ratio of the first contestant to another one. Adds nothing if that one is missing.
void add_ratio(std::vector<Ratio>& ratios, const std::vector<Series>& series,
               std::string_view other, std::string wanted);

/// Adds the ratio of the first contestant to the better of two others, or to the only one present.
void add_ratio_to_better(std::vector<Ratio>& ratios, const std::vector<Series>& series,
                         std::string_view one, std::string_view other, std::string wanted);

}  // namespace belfry::bench
