#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::store {

/// One row of `messages`. The views belong to whoever made it.
struct Message {
    std::uint64_t id = 0;
    std::string_view sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string_view body;
};

}  // namespace belfry::store
