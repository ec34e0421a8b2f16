#pragma once

#include "bench/fanout/options.hpp"
#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"
#include "tests/support/temp_dir.hpp"

#include <cstddef>
#include <vector>

namespace belfry::bench {

/// Sets up a stage for each server that was requested and is installed, Belfry's first. While one
/// server is measured, the others are idle.
[[nodiscard]] std::vector<Stage> set_up(const FanoutOptions& options, const test::TempDir& scratch,
                                        std::size_t subscribers);

/// Sets up a stage over TLS for each of Belfry, Redis and NATS that was requested and is installed,
/// and then one without TLS for Belfry and Redis.
[[nodiscard]] std::vector<Stage> set_up_tls(const FanoutOptions& options,
                                            const test::TempDir& scratch, std::size_t subscribers,
                                            const Tls& tls);

/// Sets up a stage over WebSocket for each of Belfry, NATS and Mosquitto that was requested and is
/// installed, and then one over plain TCP for Belfry.
[[nodiscard]] std::vector<Stage> set_up_web(const FanoutOptions& options,
                                            const test::TempDir& scratch, std::size_t subscribers);

/// Adds a remark for each requested server that is not installed.
void remark_missing_servers(const FanoutOptions& options, Report& report);

}  // namespace belfry::bench
