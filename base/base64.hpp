#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::base {

/// The bytes in base64 (RFC 4648), padded.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// The bytes that the text stands for; none where it is not what to_base64() makes of anything.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace belfry::base
