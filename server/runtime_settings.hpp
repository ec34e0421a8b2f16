#pragma once

#include "sandbox/sandbox.hpp"
#include "server/options.hpp"
#include "shm/segment.hpp"

/// Puts options into the segment, where a reload can change them, and applies limits of the system.
/// Only the supervisor calls these functions, unless a comment says otherwise.
namespace belfry::server {

void set_retention(const shm::Segment& segment, const Options& options) noexcept;

/// Lets exactly these clients log in, with their secrets, and tells belfryctl the digest of the
/// clients' file. @return false if the segment has too few rows; nothing was changed
[[nodiscard]] bool set_clients(shm::Segment& segment, const auth::KnownClients& clients);

/// Sets the limit of sessions, at most to the limit that the segment was created for. If `wanted`
/// is higher, a warning says so.
/// @return whether the limit is `wanted` now
bool set_max_online(const shm::Segment& segment, std::uint32_t wanted) noexcept;

void set_log_level(const shm::Segment& segment, LogLevel level) noexcept;

/// The limit of descriptors, raised to the number that all sessions, relays and waiting connections
/// may need. The sessions come first, and the waiting connections last.
class Descriptors {
  public:
    /// @param relays how many relays may wait
    /// @param max_waiting how many connections should be able to wait
    Descriptors(const shm::Segment& segment, std::size_t relays,
                std::uint32_t max_waiting) noexcept;

    /// Returns how many connections may wait: as many as asked for, or fewer if the system permits
    /// fewer.
    [[nodiscard]] std::uint32_t max_waiting() const noexcept;

    /// Logs a warning if the descriptors are too few for all sessions, and a line if fewer
    /// connections may wait than asked for.
    void log_what_is_missing() const;

  private:
    std::uint64_t needed_;  ///< besides waiting connections
    std::uint32_t max_clients_;
    std::uint32_t wanted_waiting_;
    std::uint64_t limit_;
};

/// Shows what the sandbox of the sessions uses, and warns if the kernel lacks a part of it.
void show_sandbox(const shm::Segment& segment, const sandbox::Sandbox& sandbox) noexcept;

/// Logs an error if the log has reached max_id. The supervisor calls it at its start, and so does
/// the session that has appended the last message.
void log_if_full(const shm::Segment& segment) noexcept;

}  // namespace belfry::server
