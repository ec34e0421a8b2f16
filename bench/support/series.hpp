#pragma once

#include "bench/support/report.hpp"

#include <string_view>
#include <vector>

namespace belfry::bench {

/// The values of one contestant; empty: it is not there.
[[nodiscard]] std::vector<double> values_of(const std::vector<Series>& series,
                                            std::string_view name);

/// The first one's by those of another. Adds nothing where that one is not there.
void add_ratio(std::vector<Ratio>& ratios, const std::vector<Series>& series,
               std::string_view other, std::string wanted);

/// The first one's by the greater of two others', as far as they are there.
void add_ratio_to_better(std::vector<Ratio>& ratios, const std::vector<Series>& series,
                         std::string_view one, std::string_view other, std::string wanted);

}  // namespace belfry::bench
