#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// Reads a text of the form `name=value name=value`. Values contain no spaces. Names that the
/// reader does not ask for are ignored, so that a newer program may add some.
class TextFields {
  public:
    /// @param text must outlive the object
    explicit TextFields(std::string_view text) noexcept : text_{text} {}

    /// Returns the value of the first field of that name; nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const noexcept;

    /// Returns the value as a number in decimal digits; nothing if it is missing or not a number.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const noexcept;

    /// Returns the value as a number in hexadecimal digits, likewise.
    [[nodiscard]] std::optional<std::uint64_t> hex(std::string_view name) const noexcept;

  private:
    std::string_view text_;
};

/// Formats a number as 16 hexadecimal digits.
[[nodiscard]] std::string hex_text(std::uint64_t number);

/// Parses a number of hexadecimal digits; nothing if the text is anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept;

}  // namespace belfry::cluster
