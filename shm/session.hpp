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
/// A kill leaves one of these states:
/// - Before the claim: a slot without a pid. The supervisor takes it back when it reaps the child.
/// - In login(), before it stores the client's session word: nothing. After that store: a login
///   whose session is dead. The earlier session is fenced, as by any login, and the next login
///   continues from there.
/// - In a cluster, after ask_for(): a login whose session is dead, once it is applied. The replica
///   sees that no live slot holds it, and ends it.
/// - After login(): the slot, which the supervisor takes back (reap_slot()).
class Session {
  public:
    /// Describes the slot that the supervisor gave to this child with give_slot().
    Session(Segment& segment, std::uint32_t slot, std::uint32_t generation) noexcept;

    /// Claims the slot. The child does this first.
    /// @return false if the slot has been given to another child; the caller must exit
    [[nodiscard]] bool claim() noexcept;

    enum class LoginResult {
        welcome,
        unknown_client,
        secret_changed,
        too_many_clients,
        no_slot,
        not_current,  ///< the cluster has no such login, or has replaced it (15)
    };

    struct Welcome {
        std::uint64_t cursor = 0;
        std::uint64_t last = 0;      ///< the visible id at the login
        std::uint64_t seq = 0;       ///< the highest seq of this client up to `last`
        std::uint64_t accepted = 0;  ///< the highest accepted seq; the next one must be above it
        /// The session from which this one takes over, if one was online.
        std::optional<OnlineSession> predecessor;
    };

    /// Tells whether the slot is still this child's and the client has a place, without changing
    /// anything: `welcome`, `no_slot` or `too_many_clients`. The caller holds the lock.
    [[nodiscard]] LoginResult examine(std::uint32_t row) const noexcept;

    /// In a cluster: shows in the slot which login the child asks for, so that the replica does not
    /// end it. The entry of the login must come after it.
    void ask_for(std::uint64_t login) noexcept;

    /// Makes this the only session of the client (9). Takes the lock. The child calls it until it
    /// returns something else than `not_current`; in a cluster the login that it has asked for must
    /// be the client's current one by then (15).
    /// @param secret_version that of the secrets by which the client has proved who it is
    [[nodiscard]] LoginResult login(std::string_view client_id, Welcome& welcome,
                                    std::uint64_t secret_version = 0) noexcept;

    /// Tells whether no later login has taken over (9), here or at another node (15).
    [[nodiscard]] bool is_current() const noexcept;

    /// Tells whether the cluster has ended the login without another one in its place.
    [[nodiscard]] bool is_ended_by_cluster() const noexcept {
        return login_ != 0 && client().login.load(std::memory_order_acquire) == 0;
    }

    /// Moves the cursor forwards, at most to visible (7). An id below the cursor changes nothing.
    /// @return false if a later login has taken over
    [[nodiscard]] bool acknowledge(std::uint64_t id) noexcept;

    /// Takes the client offline before the process exits. A second call changes nothing.
    void leave() noexcept;

    /// Records whether an append is in progress. If the process dies during one, the supervisor
    /// wakes the readers (11).
    void set_appending(bool appending) const noexcept;

    [[nodiscard]] std::uint32_t row() const noexcept { return row_; }
    /// Returns the login that was asked for; 0 without a cluster.
    [[nodiscard]] std::uint64_t login_id() const noexcept { return login_; }
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
    std::uint64_t login_ = 0;  ///< of the cluster (15)
};

}  // namespace belfry::shm
