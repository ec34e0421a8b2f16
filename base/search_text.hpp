#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace belfry::base {

/// Where a text contains another one, from `from` on; `a` and `A` are alike, in ASCII alone.
[[nodiscard]] inline std::size_t find_text(std::string_view whole, std::string_view part,
                                           std::size_t from = 0) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    const auto alike = [lower](char a, char b) { return lower(a) == lower(b); };
    if (from > whole.size()) return std::string_view::npos;
    const auto begin = static_cast<std::ptrdiff_t>(from);
    const auto at =
        std::search(whole.begin() + begin, whole.end(), part.begin(), part.end(), alike) -
        whole.begin();
    const auto found = static_cast<std::size_t>(at);
    return found == whole.size() && !part.empty() ? std::string_view::npos : found;
}

}  // namespace belfry::base
