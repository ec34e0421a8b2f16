#pragma once

#include <string>
#include <vector>

namespace belfry::test {

/// Median, 99th percentile and the largest of some times, for a person.
[[nodiscard]] std::string summary(std::vector<double> times_ms);

}  // namespace belfry::test
