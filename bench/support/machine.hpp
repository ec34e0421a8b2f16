#pragma once

#include <string>

namespace belfry::bench {

/// The processor, how many of it, and the kernel.
[[nodiscard]] std::string machine();

}  // namespace belfry::bench
