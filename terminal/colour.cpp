#include "terminal/colour.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace belfry::terminal {
namespace {

// This is FNV-1a, because std::hash may differ from one machine to another.
std::size_t hash(std::string_view text) {
    std::uint64_t value = 14695981039346656037U;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return static_cast<std::size_t>(value ^ (value >> 32));
}

// The numbers of colours that are readable on a dark and on a light background.
constexpr std::array few{2, 3, 4, 5, 6, 1};
constexpr std::array many{35, 172, 69, 169, 37, 166, 107, 141, 203, 73, 136, 99, 71, 204, 32, 179};

std::span<const int> palette_of(int colours) {
    if (colours < 8) return {};
    return colours < 256 ? std::span<const int>{few} : std::span<const int>{many};
}

}  // namespace

bool wants_colour(ColourMode mode, bool is_terminal) {
    if (mode != ColourMode::automatic) return mode == ColourMode::always;
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal && (no_colour == nullptr || *no_colour == '\0');
}

Painter::Painter(int colours) : paints_{true}, palette_{palette_of(colours)} {}

std::string Painter::sender(std::string_view id) {
    if (palette_.empty()) return bold(id);
    return in(ansi::colour(palette_[colour_of(id)]), id);
}

std::string Painter::in(std::string_view attribute, std::string_view text) const {
    if (!paints_ || text.empty()) return std::string{text};
    return std::string{attribute}.append(text).append(ansi::plain);
}

std::size_t Painter::colour_of(std::string_view id) {
    if (const auto found = taken_.find(id); found != taken_.end()) return found->second;
    const std::size_t count = palette_.size();
    const std::size_t first = hash(id) % count;
    const auto is_taken = [this](std::size_t colour) {
        return std::any_of(taken_.begin(), taken_.end(),
                           [colour](const auto& entry) { return entry.second == colour; });
    };
    std::size_t colour = first;
    while (is_taken(colour)) {
        colour = (colour + 1) % count;
        if (colour == first) break;
    }
    taken_.emplace(id, colour);
    return colour;
}

}  // namespace belfry::terminal
