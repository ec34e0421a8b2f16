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
/// A command that cannot be understood, and so is not carried out.
struct Mistake {
    std::string why;
};

using Meaning =
    std::variant<Nothing, Text, ListOnline, ShowHistory, SearchText, ShowHelp, Leave, Mistake>;

/// What a line means. An empty one is Nothing. `//` stands for a leading slash; `/me` is sent as it
/// is.
[[nodiscard]] Meaning read(std::string_view line);

struct CommandHelp {
    std::string_view name;  ///< with its slash
    std::string_view form;  ///< the name and its argument
    std::string_view what;  ///< what it does
};

/// All commands, for the completion of words.
[[nodiscard]] std::span<const CommandHelp> commands();

/// All commands as rows of text, for `/help` and `--help`.
[[nodiscard]] std::string overview();

/// What Tab makes of a word that has begun.
struct Completion {
    std::string rest;                  ///< to be added; empty: it is not clear how to go on
    std::vector<std::string> choices;  ///< the words that begin so, sorted
};

/// @param front the line up to the cursor; its last word is completed
/// @param words what it may become
[[nodiscard]] Completion complete(std::string_view front, const std::vector<std::string>& words);

}  // namespace belfry::terminal::typed
