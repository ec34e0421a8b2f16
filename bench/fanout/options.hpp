#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/stage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

/// The options on the command line.
struct FanoutOptions : CommonOptions {
    std::vector<std::string> peers{"belfry", "redis", "nats", "mosquitto", "raw", "relay"};
    std::vector<std::uint64_t> subscribers{1, 10, 100, 1'000};
    std::vector<std::uint64_t> sizes{16, 64, 1'024};  ///< bytes of a payload
    double scale = 1;  ///< factor for the number of messages of a run
    FlowControl flow;

    [[nodiscard]] bool has(std::string_view peer) const;
};

/// Reads the arguments, without the name of the program. Returns nothing after it has printed
/// --help.
/// @throws cli::UsageError
[[nodiscard]] std::optional<FanoutOptions> read_fanout_options(
    const std::vector<std::string>& arguments);

}  // namespace belfry::bench
