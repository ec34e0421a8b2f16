#include "terminal/terminfo.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>

// Last, since they define short words as macros.
#include <curses.h>
#include <term.h>

namespace belfry::terminal {
namespace {

// The signatures take no const, and write nothing.
std::string string_named(const char* name) {
    const char* found = ::tigetstr(const_cast<char*>(name));
    const bool is_there = found != nullptr && reinterpret_cast<std::intptr_t>(found) != -1;
    return is_there ? found : "";
}

int number_named(const char* name) {
    return ::tigetnum(const_cast<char*>(name));
}

// Not that for a single row, which scrolls some terminals at the first one.
std::vector<std::string> ways_up() {
    constexpr int most = 100;
    const std::string form = string_named("cuu");
    if (form.empty()) return {};
    std::vector<std::string> ways{""};
    for (int rows = 1; rows <= most; ++rows) {
        const char* way = ::tiparm(form.c_str(), rows);
        ways.emplace_back(way == nullptr ? "" : way);
    }
    return ways;
}

std::vector<std::string> some_colours() {
    const std::string form = string_named("setaf");
    const int known = number_named("colors");
    if (form.empty() || known < 8) return {};
    std::vector<int> numbers{2, 3, 4, 5, 6, 1};
    if (known >= 256) {
        numbers = {35, 172, 69, 169, 37, 166, 107, 141, 203, 73, 136, 99, 71, 204, 32, 179};
    }
    std::vector<std::string> colours;
    for (const int number : numbers) {
        if (const char* colour = ::tiparm(form.c_str(), number)) colours.emplace_back(colour);
    }
    return colours;
}

}  // namespace

std::optional<Terminfo> Terminfo::load() {
    int error = 0;
    if (::setupterm(nullptr, STDOUT_FILENO, &error) != OK) return std::nullopt;
    Terminfo known{.up = ways_up(),
                   .clear_down = string_named("ed"),
                   .clear = string_named("clear"),
                   .ring = string_named("bel"),
                   .plain = string_named("sgr0"),
                   .bold = string_named("bold"),
                   .dim = string_named("dim"),
                   .standout = string_named("smso"),
                   .colours = some_colours(),
                   .paste_on = string_named("BE"),
                   .paste_off = string_named("BD")};
    ::del_curterm(cur_term);
    if (known.up.empty() || known.clear_down.empty()) return std::nullopt;
    return known;
}

std::string Terminfo::rows_up(std::size_t rows) const {
    std::string text;
    for (; rows > 0 && !up.empty(); rows -= std::min(rows, up.size() - 1)) {
        text += up[std::min(rows, up.size() - 1)];
    }
    return text;
}

}  // namespace belfry::terminal
