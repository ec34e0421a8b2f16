#pragma once

#include "inspect/status.hpp"

#include <string_view>

/// The words that status and metrics have in common.
namespace belfry::inspect {

[[nodiscard]] std::string_view name_of(shm::Durability durability) noexcept;

/// `works`, `fails` or `drained`; `none` where there is no store.
[[nodiscard]] std::string_view store_word(const Status& status) noexcept;

}  // namespace belfry::inspect
