#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

/// What the two parsers have in common. No other folder includes this.
namespace belfry::wire {

/// A line cut behind its verb.
struct Line {
    std::string_view verb;
    std::string_view fields;  ///< empty, or a space and what follows it
};

/// Takes one CR off the end.
[[nodiscard]] inline std::string_view without_cr(std::string_view line) noexcept {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

[[nodiscard]] inline Line cut_verb(std::string_view line) noexcept {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return {line, {}};
    return {line.substr(0, space), line.substr(space)};
}

/// Walks over the fields behind a verb. A double or trailing space gives an empty field, which
/// nothing accepts.
class Fields {
  public:
    explicit Fields(std::string_view fields) noexcept : rest_{fields} {}

    /// The next field; none at the end.
    [[nodiscard]] std::optional<std::string_view> next() noexcept {
        if (rest_.empty()) return std::nullopt;
        rest_.remove_prefix(1);
        const auto field = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(field.size());
        return field;
    }

    /// The next field, empty where there is none.
    [[nodiscard]] std::string_view next_or_empty() noexcept {
        return next().value_or(std::string_view{});
    }

    /// What has not been walked over, spaces included.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  private:
    std::string_view rest_;
};

/// Takes the remaining fields as options. `take(key, value)` returns false for a bad value.
/// False: that, or a field without `=`.
template <typename Take>
[[nodiscard]] bool take_options(Fields& fields, Take take) noexcept {
    while (const auto field = fields.next()) {
        const auto equals = field->find('=');
        if (equals == field->npos) return false;
        if (!take(field->substr(0, equals), field->substr(equals + 1))) return false;
    }
    return true;
}

/// take_options for a verb that knows none.
[[nodiscard]] inline bool only_options(Fields& fields) noexcept {
    return take_options(fields, [](std::string_view, std::string_view) { return true; });
}

[[nodiscard]] inline bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Decimal digits and nothing else. What does not fit counts as the largest number.
[[nodiscard]] inline std::optional<std::uint64_t> number(std::string_view text) noexcept {
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

/// The line ending behind a payload.
enum class Ending { incomplete, wrong, lf, crlf };

[[nodiscard]] inline Ending ending_at_front(std::string_view text) noexcept {
    if (text.empty()) return Ending::incomplete;
    if (text[0] == '\n') return Ending::lf;
    if (text[0] != '\r') return Ending::wrong;
    if (text.size() < 2) return Ending::incomplete;
    return text[1] == '\n' ? Ending::crlf : Ending::wrong;
}

[[nodiscard]] inline std::size_t length_of(Ending ending) noexcept {
    return ending == Ending::lf ? 1 : 2;
}

}  // namespace belfry::wire
