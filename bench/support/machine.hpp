#pragma once

#include <string>

namespace belfry::bench {

/// Describes the machine: its processors and its kernel.
[[nodiscard]] std::string machine();

}  // namespace belfry::bench
