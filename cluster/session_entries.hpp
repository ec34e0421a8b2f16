#pragma once

#include "shm/segment.hpp"
#include "wire/entry.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace belfry::cluster {

/// Appends to the outbox what the cluster must know of this node's sessions and they do not say
/// themselves: that a session was killed, and how far their clients have come. One thread uses it.
/// An entry that is appended twice, because the replica was killed in between, changes nothing.
class SessionEntries {
  public:
    explicit SessionEntries(shm::Segment& segment);

    /// Appends a logout for each current login of this node whose session does not run any more.
    void append_logouts();

    /// Appends the cursors that have moved, of clients that are logged in at this node.
    void append_cursors();

  private:
    /// What was last told of a client.
    struct Told {
        std::uint64_t ended = 0;  ///< the login that was ended
        std::uint64_t login = 0;  ///< the login that has told its cursor
        std::uint64_t cursor = 0;
    };

    [[nodiscard]] std::vector<std::uint64_t> live_logins() const;
    [[nodiscard]] std::uint64_t login_here(std::uint32_t row) const noexcept;

    shm::Segment* segment_;
    std::optional<std::uint32_t> own_node_;  ///< index of this node's row
    std::vector<Told> told_;                 ///< by row of the client
};

/// Appends entries to the outbox, in their order, as far as there is room. Takes the log's lock for
/// a few of them at a time.
/// @return how many were appended
[[nodiscard]] std::size_t append_entries(shm::Segment& segment,
                                         std::span<const wire::Entry> entries) noexcept;

}  // namespace belfry::cluster
