#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

/// Returns the client-ids PREFIX0, PREFIX1, …
[[nodiscard]] inline std::vector<std::string> client_ids(std::string_view prefix,
                                                         std::size_t count) {
    std::vector<std::string> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i) ids.push_back(std::string{prefix} + std::to_string(i));
    return ids;
}

}  // namespace belfry::bench
