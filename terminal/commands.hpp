#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// What a person types: a message, or a command behind a slash.
namespace belfry::terminal::typed {

struct Nothing {};
struct Text {
    std::string_view text;
};
struct Who {};
struct History {
    std::uint64_t count;
};
struct Search {
    std::string_view text;
};
struct Help {};
struct Quit {};
/// Neither sent nor done.
struct Mistake {
    std::string why;
};

using Line = std::variant<Nothing, Text, Who, History, Search, Help, Quit, Mistake>;

/// An empty line is Nothing. `//` stands for a leading slash; `/me` is sent as it is.
[[nodiscard]] Line read(std::string_view line);

struct CommandHelp {
    std::string_view name;  ///< with its slash
    std::string_view form;  ///< the name and what follows it
    std::string_view what;
};

/// All commands, for completion.
[[nodiscard]] std::span<const CommandHelp> commands();

/// The same as rows of text, for `/help` and `--help`.
[[nodiscard]] std::string overview();

}  // namespace belfry::terminal::typed
