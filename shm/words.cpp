#include "shm/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace belfry::shm {
namespace {

template <class Value>
using Word = std::pair<Value, std::string_view>;

constexpr std::array durabilities{Word<Durability>{Durability::memory, "memory"},
                                  Word<Durability>{Durability::async, "async"},
                                  Word<Durability>{Durability::commit, "commit"}};

constexpr std::array store_states{Word<StoreState>{StoreState::works, "works"},
                                  Word<StoreState>{StoreState::fails, "fails"},
                                  Word<StoreState>{StoreState::drained, "drained"}};

constexpr std::array end_words{
    Word<EndReason>{EndReason::none, "none"},
    Word<EndReason>{EndReason::quit, "quit"},
    Word<EndReason>{EndReason::closed, "closed"},
    Word<EndReason>{EndReason::lost, "lost"},
    Word<EndReason>{EndReason::taken_over, "taken-over"},
    Word<EndReason>{EndReason::shutting_down, "shutting-down"},
    Word<EndReason>{EndReason::removed, "removed"},
    Word<EndReason>{EndReason::protocol, "protocol"},
    Word<EndReason>{EndReason::killed, "killed"},
    Word<EndReason>{EndReason::failed, "failed"},
};
static_assert(end_words.size() == end_reasons);

template <class Words, class Value>
std::string_view word_for(const Words& words, Value value) noexcept {
    const auto* const found = std::ranges::find(words, value, &Word<Value>::first);
    return found == words.end() ? "unknown" : found->second;
}

}  // namespace

std::string_view name_of(Durability durability) noexcept {
    return word_for(durabilities, durability);
}

std::optional<Durability> durability_named(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(durabilities, name, &Word<Durability>::second);
    return found == durabilities.end() ? std::nullopt : std::optional{found->first};
}

std::string_view name_of(StoreState state) noexcept {
    return word_for(store_states, state);
}

std::string_view name_of(EndReason reason) noexcept {
    return word_for(end_words, reason);
}

}  // namespace belfry::shm
