#pragma once

#include "shm/client_table.hpp"
#include "shm/log_lock.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry::shm {

/// A session child's place in the segment: its slot, and after login its client and cursor.
///
/// What a kill leaves behind, and who mends it:
/// - before the claim: a slot without a pid; the supervisor takes it back when the child is reaped;
/// - in login, before the client's session word: nothing; after it: a login whose session is dead.
///   The earlier session is fenced, as by any login; the next login goes on from there;
/// - after that: the slot, which the supervisor takes back (reap()).
class Session {
  public:
    /// @param slot what the supervisor gave with give_slot(), @param generation likewise
    Session(Segment& segment, std::uint32_t slot, std::uint32_t generation) noexcept;

    /// The child's first act. @return false: the slot was given away again; end.
    [[nodiscard]] bool claim() noexcept;

    enum class LoginResult { welcome, unknown_client, too_many_clients, no_slot };

    struct Welcome {
        std::uint64_t cursor = 0;
        std::uint64_t last = 0;      ///< visible at the login
        std::uint64_t seq = 0;       ///< the highest seq of this client up to `last`
        std::uint64_t accepted = 0;  ///< the highest one in the log: the next one is above it
        /// The session that was taken over, if one was online.
        std::optional<OnlineSession> predecessor;
    };

    /// Makes this the client's one session (9). Takes the lock. By the child, once.
    [[nodiscard]] LoginResult login(std::string_view client_id, Welcome& welcome) noexcept;

    /// Whether no later login has taken over (9), and the supervisor still counts this child.
    [[nodiscard]] bool is_current() const noexcept;

    /// Moves the cursor forwards, at most to visible (7). An id behind it changes nothing.
    /// @return false: a later login has taken over
    [[nodiscard]] bool acknowledge(std::uint64_t id) noexcept;

    /// Ends the session for others to see, before the process does. Idempotent.
    void leave() noexcept;

    /// Says that an append is on its way, so that a death in it wakes the readers (11).
    void set_appending(bool appending) const noexcept;

    [[nodiscard]] std::uint32_t row() const noexcept { return row_; }
    [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }
    [[nodiscard]] ClientRow& client() const noexcept { return segment_->client(row_); }

  private:
    [[nodiscard]] std::uint64_t word() const noexcept { return pack(Halves{generation_, slot_}); }
    void become_session_of(ClientRow& client, Welcome& welcome) noexcept;

    Segment* segment_;
    std::uint32_t slot_;
    std::uint32_t generation_;
    std::uint32_t row_ = 0;
    std::uint16_t cursor_generation_ = 0;
};

}  // namespace belfry::shm
