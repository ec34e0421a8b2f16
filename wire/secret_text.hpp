#pragma once

#include "wire/limits.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// A secret as it stands in a LOGIN line: percent-encoded (RFC 3986). A secret has 1 to max_secret
/// bytes, and no NUL.
namespace belfry::wire {

/// Tells whether the text is an encoded secret. Every `%` must begin two hexadecimal digits; every
/// other byte stands for itself.
[[nodiscard]] bool is_secret_text(std::string_view text) noexcept;

/// Decodes a text for which is_secret_text() holds. Nothing else keeps a copy of the secret.
/// @return the length of the secret
std::size_t decode_secret(std::string_view text, std::span<char, max_secret> secret) noexcept;

/// Appends the secret in encoded form: letters, digits and `-._~` stand for themselves.
void encode_secret(std::string& out, std::string_view secret);

}  // namespace belfry::wire
