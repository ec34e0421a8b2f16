#pragma once

#include "shm/layout.hpp"

#include <optional>
#include <string_view>

/// Words for the enumerations of the segment. Options, logs, status, JSON, metrics and the
/// store use these.
namespace belfry::shm {

/// Returns `memory`, `async` or `commit`; `unknown` for any other value.
[[nodiscard]] std::string_view name_of(Durability durability) noexcept;

/// Returns the durability with that name; nothing if there is none.
[[nodiscard]] std::optional<Durability> durability_named(std::string_view name) noexcept;

/// Returns `works`, `fails` or `drained`; `unknown` for any other value.
[[nodiscard]] std::string_view name_of(StoreState state) noexcept;

/// Returns `taken-over` and the like; `unknown` for a value that a later program may have written.
[[nodiscard]] std::string_view name_of(EndReason reason) noexcept;

/// Returns `no-engine`, `ok`, `behind` or `stopped`; `unknown` for any other value.
[[nodiscard]] std::string_view name_of(ClusterState state) noexcept;

/// Returns `tcp`, `tls` or `web`; `unknown` for any other value.
[[nodiscard]] std::string_view name_of(Transport transport) noexcept;

}  // namespace belfry::shm
