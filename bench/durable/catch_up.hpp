#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::bench {

/// Logs in and reads as many messages; the client's cursor stays where it is. Messages a second,
/// from LOGIN to the last byte.
[[nodiscard]] double catch_up_rate(std::uint16_t port, std::string_view client_id,
                                   std::uint64_t messages);

}  // namespace belfry::bench
