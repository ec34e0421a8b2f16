#include "inspect/status_words.hpp"

namespace belfry::inspect {

std::string_view name_of(shm::Durability durability) noexcept {
    switch (durability) {
        case shm::Durability::memory:
            return "memory";
        case shm::Durability::async:
            return "async";
        case shm::Durability::commit:
            return "commit";
    }
    return "unknown";
}

std::string_view store_word(const Status& status) noexcept {
    if (status.durability == shm::Durability::memory) return "none";
    switch (status.store_state) {
        case shm::StoreState::works:
            return "works";
        case shm::StoreState::fails:
            return "fails";
        case shm::StoreState::drained:
            return "drained";
    }
    return "unknown";
}

}  // namespace belfry::inspect
