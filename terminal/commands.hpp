#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace belfry::terminal::typed {

struct Nothing {};
struct Text {
    std::string_view text;
};
struct ListOnline {};
struct ShowHistory {
    std::uint64_t count;
};
struct SearchText {
    std::string_view text;
};
struct ShowHelp {};
struct Leave {};
/// A command that is not understood and therefore not carried out.
struct Mistake {
    std::string why;
};

using Meaning =
    std::variant<Nothing, Text, ListOnline, ShowHistory, SearchText, ShowHelp, Leave, Mistake>;

/// Parses a typed line. An empty line is Nothing. `//` stands for a leading slash, and `/me` is
/// sent as it is.
[[nodiscard]] Meaning read(std::string_view line);

struct CommandHelp {
    std::string_view name;  ///< with its slash
    std::string_view form;  ///< the name and its argument
    std::string_view what;  ///< what it does
};

/// Returns all commands, for completion.
[[nodiscard]] std::span<const CommandHelp> commands();

/// Returns all commands as lines of text, for `/help` and `--help`.
[[nodiscard]] std::string overview();

/// How Tab completes a word.
struct Completion {
    std::string rest;                  ///< to be added to the word; empty: there is nothing to add
    std::vector<std::string> choices;  ///< all words that begin like this one, sorted
};

/// Completes the last word before the cursor.
/// @param front the line up to the cursor
/// @param words the words that the last word may become
[[nodiscard]] Completion complete(std::string_view front, const std::vector<std::string>& words);

}  // namespace belfry::terminal::typed
