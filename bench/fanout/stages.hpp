#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// A stage for each server that was asked for and is installed, Belfry's first. The others wait
/// idly while one is measured.
[[nodiscard]] std::vector<Stage> set_up(const FanoutOptions& options, const test::TempDir& scratch,
                                        std::size_t subscribers);

/// Says which servers are not installed.
void remark_on_missing(const FanoutOptions& options, Report& report);

}  // namespace belfry::bench
