#pragma once

#include "base/unique_fd.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Looks up clients and their sessions. Any process may call these functions; none takes a lock.
namespace belfry::shm {

/// Returns the row of a client, even if the client may not log in.
[[nodiscard]] std::optional<std::uint32_t> find_row(const Segment& segment,
                                                    std::string_view name) noexcept;

/// Returns the row of a client if the client may log in.
[[nodiscard]] std::optional<std::uint32_t> find_client(const Segment& segment,
                                                       std::string_view client_id) noexcept;

[[nodiscard]] bool is_known(const Segment& segment, std::uint32_t row) noexcept;
[[nodiscard]] std::string_view name_of(const Segment& segment, std::uint32_t row) noexcept;
[[nodiscard]] std::uint64_t cursor_of(const Segment& segment, std::uint32_t row) noexcept;

/// A snapshot of a session that is logged in.
struct OnlineSession {
    std::uint32_t slot = 0;
    std::uint64_t word = 0;  ///< the word of the slot's ProcessEntry
};

/// Returns the live session of a client (12).
[[nodiscard]] std::optional<OnlineSession> online_session(const Segment& segment,
                                                          std::uint32_t row) noexcept;

/// Opens the process of a session. The result is empty if the session has ended.
[[nodiscard]] base::UniqueFd open_session(const Segment& segment,
                                          const OnlineSession& session) noexcept;

/// Returns the slot of the live session of a client (12).
[[nodiscard]] std::optional<std::uint32_t> online_slot(const Segment& segment,
                                                       std::uint32_t row) noexcept;

/// Tells whether a client is online: here, or in a cluster at any node that is alive.
[[nodiscard]] bool is_online(const Segment& segment, std::uint32_t row) noexcept;

/// Tells whether the client's login is one of this node of a cluster.
[[nodiscard]] bool is_login_of_this_node(const Segment& segment, std::uint32_t row) noexcept;

/// Returns the number of clients that are online at this node.
[[nodiscard]] std::uint32_t count_online(const Segment& segment) noexcept;

/// A client that may log in.
struct KnownClient {
    std::string_view id;
    std::uint64_t secret_version = 0;  ///< see ClientRow
};

/// Lets exactly these clients log in. The rows of other clients stay, with their cursors, and may
/// become known again. Only the supervisor calls it. A concurrent login of a client that is not
/// known any more, or with secrets that have changed, is either refused or visible to is_unwanted()
/// afterwards. If the supervisor dies within this function, the next one calls it again.
/// @param clients no id comes twice
/// @return false if there are too few spare rows; nothing was changed
[[nodiscard]] bool set_known_clients(Segment& segment, std::span<const KnownClient> clients);

}  // namespace belfry::shm
