#pragma once

#include "base/unique_fd.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The clients as everybody sees them. Nothing here takes a lock.
namespace belfry::shm {

/// The row of a client, also of one that may not log in.
[[nodiscard]] std::optional<std::uint32_t> find_row(const Segment& segment,
                                                    std::string_view name) noexcept;

/// The row of a client that may log in.
[[nodiscard]] std::optional<std::uint32_t> find_client(const Segment& segment,
                                                       std::string_view client_id) noexcept;

[[nodiscard]] bool is_known(const Segment& segment, std::uint32_t row) noexcept;
[[nodiscard]] std::string_view name_of(const Segment& segment, std::uint32_t row) noexcept;
[[nodiscard]] std::uint64_t cursor_of(const Segment& segment, std::uint32_t row) noexcept;

/// A session that is logged in, as its slot named it at one moment.
struct OnlineSession {
    std::uint32_t slot = 0;
    std::uint64_t word = 0;  ///< of the slot's ProcessEntry
};

/// The live session that is logged in (12).
[[nodiscard]] std::optional<OnlineSession> online_session(const Segment& segment,
                                                          std::uint32_t row) noexcept;

/// Opens its process if the slot still names it; empty: it has ended.
[[nodiscard]] base::UniqueFd open_session(const Segment& segment,
                                          const OnlineSession& session) noexcept;

/// The slot of the live session that is logged in (12).
[[nodiscard]] std::optional<std::uint32_t> online_slot(const Segment& segment,
                                                       std::uint32_t row) noexcept;

/// How many clients are online.
[[nodiscard]] std::uint32_t count_online(const Segment& segment) noexcept;

/// Makes exactly these client-ids known. Rows of others stay, with their cursors, and may become
/// known again. By the supervisor. A login that comes at the same time is refused, or its slot says
/// so afterwards (is_unwanted()).
/// @return false: the spare rows do not suffice; nothing was changed
[[nodiscard]] bool set_known_clients(Segment& segment,
                                     std::span<const std::string> client_ids) noexcept;

}  // namespace belfry::shm
