#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// The vectors that all client libraries share. wire/vectors/README.md describes them.
namespace belfry::test {

/// Reads a file in wire/vectors/.
[[nodiscard]] nlohmann::json vectors(const std::string& file);

/// Returns the bytes that a vector means: each character of a text stands for one byte.
[[nodiscard]] std::string bytes_of(const nlohmann::json& text);

/// Returns the text that stands for these bytes.
[[nodiscard]] std::string text_of(std::string_view bytes);

}  // namespace belfry::test
