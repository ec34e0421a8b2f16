#pragma once

#include "shm/segment.hpp"

#include <array>
#include <cstdint>

/// Statistics of clients for people. Nothing in the server depends on them, and no function takes a
/// lock. If a process dies between two stores, a counter may be one off.
namespace belfry::shm {

/// Counts a login. A session child calls it.
void count_login(ClientRow& client) noexcept;

/// Counts bytes that the client has sent just now. A session child calls it.
void count_input(ClientRow& client, std::uint64_t bytes) noexcept;

/// Counts bytes that were handed to the socket. Either thread of a session child may call it.
void count_output(ClientRow& client, std::uint64_t bytes) noexcept;

/// Counts the end of a session. That session calls it before it leaves.
void count_end(Segment& segment, ClientRow& client, EndReason reason) noexcept;

/// Counts the session of a dead process as killed unless it had left. The supervisor calls it
/// before it takes the slot back. @return whether the session was counted
bool count_death(Segment& segment, std::uint32_t slot) noexcept;

/// Returns the end reasons of the last eight sessions, the newest first, padded with `none`.
[[nodiscard]] std::array<EndReason, 8> last_ends_of(const ClientRow& client) noexcept;

}  // namespace belfry::shm
