#pragma once

#include <string_view>

namespace belfry::wire {

/// The version of all programs. `--version` and the `WELCOME` line print it.
inline constexpr std::string_view version = "0.1.0";

}  // namespace belfry::wire
