#pragma once

#include <string_view>

namespace belfry::wire {

/// The version of every program here, as `WELCOME ... server=belfry/<version>` and `--version` say
/// it.
inline constexpr std::string_view version = "0.1.0";

}  // namespace belfry::wire
