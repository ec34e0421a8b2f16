#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/wait.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::bench {

/// The options on the command line.
struct Options : CommonOptions {
    std::string durability = "commit";
    Seconds duration{1.5};              ///< duration of a run without a fixed number of messages
    std::uint64_t backlog = 1'000'000;  ///< messages of a catch-up
    std::uint64_t stored = 10'000'000;  ///< messages in the store at a restart
    std::uint64_t online = 1'000;       ///< clients that are online

    /// Tells whether the server has a store.
    [[nodiscard]] bool stores() const { return durability != "memory"; }
};

/// Reads the arguments, without the name of the program. Returns nothing after it has printed
/// --help.
/// @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::bench
