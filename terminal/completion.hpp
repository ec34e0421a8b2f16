#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// What Tab makes of a word that has begun.
struct Completion {
    std::string rest;                  ///< to be added; empty: it is not clear how to go on
    std::vector<std::string> choices;  ///< the words that begin so, sorted
};

/// @param front the line up to the cursor; its last word is completed
/// @param words what it may become
[[nodiscard]] Completion complete(std::string_view front, const std::vector<std::string>& words);

}  // namespace belfry::terminal
