#pragma once

#include "shm/layout.hpp"
#include "shm/process.hpp"

#include <cstdint>
#include <optional>

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
[[nodiscard]] std::optional<ProcessId> process_in(const ProcessEntry& entry) noexcept;

struct Claimant {
    pid_t pid = 0;
    UniqueFd pidfd;  ///< empty: none lives, or, by errno, no descriptor is left
};

/// Opens the process that has claimed the entry. Anybody may.
[[nodiscard]] Claimant open_named(const ProcessEntry& entry) noexcept;

/// The same, and takes the entry back where none has. By the supervisor, or who ends the server in
/// its place.
[[nodiscard]] Claimant open_claimant(ProcessEntry& entry) noexcept;

}  // namespace belfry::shm
