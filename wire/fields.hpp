#pragma once

#include "wire/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

/// The parts that the parsers of commands, frames and records share. No other file includes this
/// one.
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

[[nodiscard]] inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Parses a number of decimal digits only. A number above 2^64-1 becomes 2^64-1.
/// @return nothing if the text is empty or has another character
[[nodiscard]] inline std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    constexpr std::size_t digits_that_fit = std::numeric_limits<std::uint64_t>::digits10;
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    // Nearly every number is so short that its digits need no check for an overflow.
    for (const char c : text.substr(0, digits_that_fit)) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    text.remove_prefix(std::min(text.size(), digits_that_fit));
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (largest - digit) / 10 ? largest : value * 10 + digit;
    }
    return value;
}

/// Reads digits from `at`, and moves it behind them. It stops after 18 digits, so that the value
/// cannot overflow.
[[nodiscard]] inline std::uint64_t read_digits(std::string_view text, std::size_t& at) noexcept {
    const std::size_t end = std::min(text.size(), at + 18);
    std::uint64_t value = 0;
    for (; at < end && is_digit(text[at]); ++at) {
        value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    return value;
}

/// Reads the fields behind a verb, one after another. If a field is missing or malformed, the
/// function that reads it returns an empty value, and end() returns false afterwards. A double or
/// trailing space yields an empty field, which no command and no frame accepts.
class Fields {
  public:
    explicit Fields(std::string_view fields) noexcept : rest_{fields} {}

    /// Reads the next field. @return nothing at the end, which is not an error
    [[nodiscard]] std::optional<std::string_view> next() noexcept {
        if (rest_.empty()) return std::nullopt;
        rest_.remove_prefix(1);
        const auto field = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(field.size());
        return field;
    }

    /// Reads a field that must not be empty.
    [[nodiscard]] std::string_view word() noexcept {
        const auto field = next().value_or(std::string_view{});
        require(!field.empty());
        return field;
    }

    /// Reads a field that must not be empty, or returns an empty one at the end.
    [[nodiscard]] std::string_view optional_word() noexcept {
        return rest_.empty() ? std::string_view{} : word();
    }

    [[nodiscard]] std::uint64_t number() noexcept { return value(parse_number(word())); }

    [[nodiscard]] std::string_view client_id() noexcept {
        const auto field = word();
        require(is_client_id(field));
        return field;
    }

    /// Finds an option among the remaining fields, and returns what `parse` returns for its value.
    /// `parse` returns nothing for a malformed value. If the option is given twice, the last one
    /// counts.
    /// @return nothing if the option is missing, which is not an error
    template <typename Parse>
    [[nodiscard]] auto option(std::string_view key, Parse parse) noexcept -> decltype(parse(key)) {
        decltype(parse(key)) result;
        for (Fields options{rest_}; const auto field = options.next();) {
            const auto equals = field->find('=');
            if (equals == field->npos || field->substr(0, equals) != key) continue;
            result = parse(field->substr(equals + 1));
            require(result.has_value());
        }
        return result;
    }

    /// Finds an option that must be present and whose value is a number.
    [[nodiscard]] std::uint64_t number_option(std::string_view key) noexcept {
        return value(option(key, parse_number));
    }

    /// Reads the rest of the line, with the space before it.
    [[nodiscard]] std::string_view rest() noexcept { return std::exchange(rest_, {}); }

    /// Skips the remaining fields, which must be options.
    /// @return false if any field of the line is missing or malformed
    [[nodiscard]] bool end() noexcept {
        while (const auto field = next()) require(field->find('=') != field->npos);
        return valid_;
    }

  private:
    void require(bool valid) noexcept { valid_ = valid_ && valid; }

    std::uint64_t value(std::optional<std::uint64_t> number) noexcept {
        require(number.has_value());
        return number.value_or(0);
    }

    std::string_view rest_;
    bool valid_ = true;
};

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
