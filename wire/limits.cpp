#include "wire/limits.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

constexpr std::array<bool, 256> make_allowed() {
    std::array<bool, 256> allowed{};
    for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "abcdefghijklmnopqrstuvwxyz0123456789_.-"}) {
        allowed[static_cast<unsigned char>(c)] = true;
    }
    return allowed;
}

constexpr auto allowed = make_allowed();

constexpr std::size_t max_epoch = 32;

}  // namespace

bool is_client_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_client_id &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

bool is_epoch(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_epoch &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace belfry::wire
