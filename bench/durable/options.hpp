#pragma once

#include "bench/support/common_options.hpp"
#include "bench/support/wait.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::bench {

/// What the user asked for.
struct Options : CommonOptions {
    std::string durability = "commit";
    Seconds duration{1.5};              ///< of a run that has no fixed size
    std::uint64_t backlog = 1'000'000;  ///< messages to catch up with
    std::uint64_t stored = 10'000'000;  ///< messages in the store at a restart
    std::uint64_t online = 1'000;       ///< clients

    /// Whether there is a store.
    [[nodiscard]] bool stores() const { return durability != "memory"; }
};

/// Reads the arguments (without the program's name). None: `--help` was asked for, and has been
/// printed. @throws cli::UsageError
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string>& arguments);

}  // namespace belfry::bench
