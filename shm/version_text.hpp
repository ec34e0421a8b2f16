#pragma once

#include "shm/layout.hpp"

#include <string>
#include <string_view>

/// Which program a process of the server runs, for people who watch an upgrade.
namespace belfry::shm {

/// Says it; what is longer than the field is cut. By the supervisor, while nobody has claimed the
/// entry yet.
void say_version(ProcessEntry& entry, std::string_view version) noexcept;

/// What was said; empty: nothing. Whole where the same process was in the entry before and after.
[[nodiscard]] std::string version_in(const ProcessEntry& entry);

}  // namespace belfry::shm
