#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// A part of a text.
struct Part {
    std::size_t begin;
    std::size_t size;
};

/// Where a text mentions a client-id: as a word of its own, large and small letters alike, with or
/// without an @ before it. An id of digits alone needs the @, since numbers are not names.
[[nodiscard]] std::vector<Part> mentions(std::string_view text, std::string_view id);

}  // namespace belfry::terminal
