#pragma once

#include "bench/support/report.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::bench {

/// How a cost grows: the report gets one line for each size, with the ratio to half the size. A
/// ratio of 2 means linear growth.
struct Doublings {
    std::string group;
    std::string what;     ///< for example "catch-up"
    std::string setting;  ///< for example "messages"
    Unit unit = Unit::milliseconds;
    std::vector<std::uint64_t> sizes;  ///< each twice the one before
};

/// Adds these lines to the report.
/// @param values by size, and then by round
void report_doublings(const Doublings& doublings, const std::vector<std::vector<double>>& values,
                      Report& report);

/// Returns `first`, 2 × `first`, 4 × `first`, …
[[nodiscard]] std::vector<std::uint64_t> doubled(std::uint64_t first, std::size_t count);

}  // namespace belfry::bench
