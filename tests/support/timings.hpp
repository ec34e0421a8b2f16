#pragma once

#include <string>
#include <vector>

namespace belfry::test {

/// Returns the median, the 99th percentile and the maximum of some times as text for a reader.
[[nodiscard]] std::string summary(std::vector<double> times_ms);

}  // namespace belfry::test
