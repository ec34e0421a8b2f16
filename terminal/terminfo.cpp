#include "terminal/terminfo.hpp"

#include <unistd.h>

#include <cstdint>
#include <string_view>

// These come last because they define short words as macros.
#include <curses.h>
#include <term.h>

namespace belfry::terminal {
namespace {

// terminfo's functions take `char*` but write nothing.

int number_named(const char* name) {
    return ::tigetnum(const_cast<char*>(name));
}

// Returns nothing if the terminal has no such string.
std::string_view string_named(const char* name) {
    const char* found = ::tigetstr(const_cast<char*>(name));
    const bool is_there = found != nullptr && reinterpret_cast<std::intptr_t>(found) != -1;
    return is_there ? found : "";
}

}  // namespace

std::optional<Terminfo> Terminfo::load() {
    int error = 0;
    if (::setupterm(nullptr, STDOUT_FILENO, &error) != OK) return std::nullopt;
    // Terminals that move the cursor up by this sequence understand the others too, or ignore them.
    const bool is_ansi = string_named("cuu") == "\x1b[%p1%dA";
    const Terminfo known{.colours = number_named("colors"),
                         .marks_pastes = !string_named("BE").empty()};
    ::del_curterm(cur_term);
    return is_ansi ? std::optional{known} : std::nullopt;
}

}  // namespace belfry::terminal
