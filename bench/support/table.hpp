#pragma once

#include "bench/support/pairs.hpp"
#include "bench/support/report.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::bench {

/// One line of the table.
struct Row {
    std::string what;
    Pairs figures;  ///< Belfry's and the peer's
    Unit unit = Unit::per_second;
    std::string_view peer;    ///< who the peer is
    std::string_view wanted;  ///< of the ratio
};

void print_head();

/// Prints medians of the figures, and median, least and greatest of the ratios of each pair.
void print(const Row& row);

/// A line between the rows.
void print_remark(const std::string& text);

}  // namespace belfry::bench
