#pragma once

#include "shm/segment.hpp"

#include <array>
#include <cstdint>

/// What is noted of a client for people alone: nothing in the server hangs on it. Takes no lock.
/// A kill between two of its stores leaves a number that is one off.
namespace belfry::shm {

/// By a session child, at its login.
void count_login(ClientRow& client) noexcept;

/// By a session child: so many bytes came, now.
void count_input(ClientRow& client, std::uint64_t bytes) noexcept;

/// By a session child, either thread: so many bytes were handed to the socket.
void count_output(ClientRow& client, std::uint64_t bytes) noexcept;

/// A session of the client has ended. By that session, before it leaves.
void count_end(Segment& segment, ClientRow& client, EndReason reason) noexcept;

/// The process of the slot is dead; if its session had not left, it was killed. By the supervisor,
/// before it takes the slot back. @return whether its session had not left
bool count_death(Segment& segment, std::uint32_t slot) noexcept;

/// The reasons of the last ends, the newest first; `none` where there were no more.
[[nodiscard]] std::array<EndReason, 8> last_ends_of(const ClientRow& client) noexcept;

}  // namespace belfry::shm
