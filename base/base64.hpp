#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::base {

/// Encodes the bytes in base64 (RFC 4648), with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Decodes the text. Returns nothing if to_base64() cannot produce this text from any bytes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace belfry::base
