#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

/// The parts that the parsers of commands, frames and records share. No other file includes this one.
namespace belfry::wire {

/// A line, split behind its verb.
struct Line {
    std::string_view verb;
    std::string_view fields;  ///< empty, or a space and the rest of the line
};

/// Returns the line without the CR at its end, if there is one.
[[nodiscard]] inline std::string_view without_cr(std::string_view line) noexcept {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Splits the line at its first space.
[[nodiscard]] inline Line split_verb(std::string_view line) noexcept {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return {line, {}};
    return {line.substr(0, space), line.substr(space)};
}

/// Iterates over the fields behind a verb. A double or trailing space yields an empty field, which
/// no command and no frame accepts.
class Fields {
  public:
    explicit Fields(std::string_view fields) noexcept : rest_{fields} {}

    /// Returns the next field; nothing at the end.
    [[nodiscard]] std::optional<std::string_view> next() noexcept {
        if (rest_.empty()) return std::nullopt;
        rest_.remove_prefix(1);
        const auto field = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(field.size());
        return field;
    }

    /// Returns the next field; an empty one at the end.
    [[nodiscard]] std::string_view next_or_empty() noexcept {
        return next().value_or(std::string_view{});
    }

    /// Returns the part of the line that next() has not returned yet, with its spaces.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  private:
    std::string_view rest_;
};

/// Parses the remaining fields as options, and calls `take(key, value)` for each, which returns
/// false for a bad value.
/// @return false if a value is bad or a field has no `=`
template <typename Take>
[[nodiscard]] bool take_options(Fields& fields, Take take) noexcept {
    while (const auto field = fields.next()) {
        const auto equals = field->find('=');
        if (equals == field->npos) return false;
        if (!take(field->substr(0, equals), field->substr(equals + 1))) return false;
    }
    return true;
}

/// Skips the remaining fields, for a verb that knows no options.
/// @return false if a field has no `=`, and so is not an option
[[nodiscard]] inline bool skip_options(Fields& fields) noexcept {
    return take_options(fields, [](std::string_view, std::string_view) { return true; });
}

[[nodiscard]] inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Parses a number of decimal digits only. A number above 2^64-1 becomes 2^64-1.
/// @return nothing if the text is empty or has another character
[[nodiscard]] inline std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (largest - digit) / 10 ? largest : value * 10 + digit;
    }
    return value;
}

/// The line ending behind a payload, or why there is none yet.
enum class LineEnding { incomplete, wrong, lf, crlf };

/// Looks for a line ending at the front of the text.
[[nodiscard]] inline LineEnding parse_line_ending(std::string_view text) noexcept {
    if (text.empty()) return LineEnding::incomplete;
    if (text[0] == '\n') return LineEnding::lf;
    if (text[0] != '\r') return LineEnding::wrong;
    if (text.size() < 2) return LineEnding::incomplete;
    return text[1] == '\n' ? LineEnding::crlf : LineEnding::wrong;
}

/// Returns the length of a complete line ending, in bytes.
[[nodiscard]] inline std::size_t length_of(LineEnding ending) noexcept {
    return ending == LineEnding::lf ? 1 : 2;
}

}  // namespace belfry::wire
