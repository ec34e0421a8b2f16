#include "terminal/completion.hpp"

#include <algorithm>

namespace belfry::terminal {
namespace {

std::string_view common_front(std::string_view a, std::string_view b) {
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return a.substr(0, static_cast<std::size_t>(differ.first - a.begin()));
}

}  // namespace

Completion complete(std::string_view front, const std::vector<std::string>& words) {
    auto word = front.substr(front.find_last_of(' ') + 1);
    if (word.starts_with('@')) word.remove_prefix(1);
    Completion found;
    for (const auto& candidate : words) {
        if (candidate.starts_with(word)) found.choices.push_back(candidate);
    }
    std::sort(found.choices.begin(), found.choices.end());
    if (found.choices.empty()) return found;
    std::string_view common = found.choices.front();
    for (const auto& choice : found.choices) common = common_front(common, choice);
    found.rest = common.substr(word.size());
    if (found.choices.size() == 1) found.rest += ' ';
    return found;
}

}  // namespace belfry::terminal
