#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and texts in a form for people.
namespace belfry::ctl {

/// Formats a number of bytes with at most four digits, in powers of 1,024: `17`, `4.2K`, `64M`.
[[nodiscard]] std::string short_bytes(std::uint64_t bytes);

/// Formats a duration with its two largest units: `8s`, `4m10s`, `3h20m`, `12d4h`.
[[nodiscard]] std::string short_duration(std::uint64_t seconds);

/// Formats a number, with one decimal below a thousand: `0.3`, `12.5`, `123456`.
[[nodiscard]] std::string short_number(double value);

/// Makes text from the segment safe for a terminal: replaces everything but printable ASCII by `?`.
[[nodiscard]] std::string plain(std::string_view text);

}  // namespace belfry::ctl
