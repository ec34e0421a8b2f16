#pragma once

#include <string_view>

namespace belfry::ctl {

/// Writes to standard output, past std::cout, which goes on waiting for a reader that does not read
/// whatever signal comes (end_signals.hpp).
/// @return false: an end signal has come, and nobody reads; a part may have been written
/// @throws std::runtime_error where it cannot be written
[[nodiscard]] bool write_lines(std::string_view lines);

}  // namespace belfry::ctl
