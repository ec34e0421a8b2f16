#pragma once

#include "base/process.hpp"
#include "shm/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Gives entries of the table of processes away, claims them, and takes them back. None of these
/// functions takes a lock.
namespace belfry::shm {

/// Raises the generation of the entry: its former process can neither claim it any more nor be
/// online through it (12). The supervisor calls it to give the entry away or to take it back.
/// @return the new generation
std::uint32_t raise_generation(ProcessEntry& entry) noexcept;

/// Claims the entry for this process. A child does this first. @return false if the entry was given
/// to another child or taken back; the caller must exit
[[nodiscard]] bool claim(ProcessEntry& entry, std::uint32_t generation) noexcept;

/// Takes the entry back unless a child has claimed it. A later claim fails. Only the supervisor
/// calls it. @return false if a child has claimed the entry
[[nodiscard]] bool revoke_unclaimed(ProcessEntry& entry) noexcept;

/// Writes a process into the entry that does not claim it itself. Only the supervisor calls it.
void enter(ProcessEntry& entry, pid_t pid) noexcept;

/// Returns the process that has claimed the entry.
[[nodiscard]] std::optional<base::ProcessId> process_in(const ProcessEntry& entry) noexcept;

struct Claimant {
    pid_t pid = 0;
    base::UniqueFd
        pidfd;  ///< empty if the process has ended, or if errno tells that no descriptor is free
};

/// Opens the process that has claimed the entry. Any process may call it.
[[nodiscard]] Claimant open_named(const ProcessEntry& entry) noexcept;

/// Opens the process that has claimed the entry, and takes the entry back if none has. Only the
/// supervisor, or the process that ends the server in its place, calls it.
[[nodiscard]] Claimant open_claimant(ProcessEntry& entry) noexcept;

// The version of the program that each process runs, for people who watch an upgrade.

/// Stores the version in the entry, truncated to the size of the field. Only the supervisor calls
/// it, before a process has claimed the entry.
void set_version(ProcessEntry& entry, std::string_view version) noexcept;

/// Returns the version in the entry, or an empty text. It is consistent if the same process was in
/// the entry before and after the call.
[[nodiscard]] std::string version_in(const ProcessEntry& entry);

}  // namespace belfry::shm
