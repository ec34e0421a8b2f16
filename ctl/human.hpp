#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers as people read them.
namespace belfry::ctl {

/// `17`, `4.2K`, `64M`: in powers of 1,024, four digits at the most.
[[nodiscard]] std::string short_bytes(std::uint64_t bytes);

/// `8s`, `4m10s`, `3h20m`, `12d4h`.
[[nodiscard]] std::string short_duration(std::uint64_t seconds);

/// `0.3`, `12.5`, `123456`: one digit behind the point below a thousand.
[[nodiscard]] std::string short_number(double value);

/// What stands in the segment, so that it can do nothing to a terminal: one line, ASCII, everything
/// else becomes `?`.
[[nodiscard]] std::string plain(std::string_view text);

}  // namespace belfry::ctl
