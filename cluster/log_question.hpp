#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Questions and answers about the messages that nodes have stored, as values of keys below `ask/`.
namespace belfry::cluster {

/// The question: what is the hash of these messages? The value of `ask/ID`.
struct LogQuestion {
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;

    /// Returns `hash first=ID last=ID`.
    [[nodiscard]] std::string text() const;
};

/// Parses what LogQuestion::text() returns; nothing if it is anything else.
[[nodiscard]] std::optional<LogQuestion> parse_log_question(std::string_view text);

/// The answer of a node: the value of `ask/ID/NODE`.
struct LogAnswer {
    std::string hash;            ///< empty: the node lacks some of the messages
    std::uint64_t first_id = 0;  ///< what the node has
    std::uint64_t last_id = 0;

    /// Returns `hash=HEX first=ID last=ID`.
    [[nodiscard]] std::string text() const;
};

/// Parses what LogAnswer::text() returns; nothing if it is anything else.
[[nodiscard]] std::optional<LogAnswer> parse_log_answer(std::string_view text);

}  // namespace belfry::cluster
