#pragma once

#include "base/process.hpp"
#include "shm/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Who has an entry of the table of processes. Nothing here takes a lock.
namespace belfry::shm {

/// Gives the entry away, or takes it back: whoever had it cannot claim it any more, nor be online
/// through it (12). By the supervisor. @return the new generation
std::uint32_t raise_generation(ProcessEntry& entry) noexcept;

/// A child's first act: makes the entry its own. @return false: it was given away again; end
[[nodiscard]] bool claim(ProcessEntry& entry, std::uint32_t generation) noexcept;

/// Takes the entry back if no child has claimed it, also from one that is about to (its claim
/// fails). By the supervisor. @return false: a child has claimed it
[[nodiscard]] bool revoke_unclaimed(ProcessEntry& entry) noexcept;

/// The process that an entry names; none where it is empty.
[[nodiscard]] std::optional<base::ProcessId> process_in(const ProcessEntry& entry) noexcept;

struct Claimant {
    pid_t pid = 0;
    base::UniqueFd pidfd;  ///< empty: none lives, or, by errno, no descriptor is left
};

/// Opens the process that has claimed the entry. Anybody may.
[[nodiscard]] Claimant open_named(const ProcessEntry& entry) noexcept;

/// The same, and takes the entry back where none has. By the supervisor, or who ends the server in
/// its place.
[[nodiscard]] Claimant open_claimant(ProcessEntry& entry) noexcept;

// Which program a process of the server runs, for people who watch an upgrade.

/// Says it; what is longer than the field is cut. By the supervisor, while nobody has claimed the
/// entry yet.
void set_version(ProcessEntry& entry, std::string_view version) noexcept;

/// What was said; empty: nothing. Whole where the same process was in the entry before and after.
[[nodiscard]] std::string version_in(const ProcessEntry& entry);

}  // namespace belfry::shm
