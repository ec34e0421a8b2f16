#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::bench {

/// Logs in and reads `messages` messages without moving the client's cursor. Returns the messages
/// per second, from LOGIN to the last byte.
[[nodiscard]] double catch_up_rate(std::uint16_t port, std::string_view client_id,
                                   std::uint64_t messages);

}  // namespace belfry::bench
