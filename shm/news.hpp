#pragma once

#include "shm/paced_wake.hpp"
#include "shm/segment.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

/// Defines who waits for which news of the log, and who wakes them. Only this file and PacedWake
/// know on which condition somebody sleeps and who is woken first.
///
/// A session sleeps on one of two conditions:
/// - on `news_of_senders`, with durability commit, while its client's SENT is due or was just
///   delivered. The archiver wakes all of these right after each commit, because their clients wait
///   for an answer and will probably send again.
/// - on `new_messages` in all other cases. With durability commit, the sessions here are the crowd:
///   the archiver wakes them a few at a time (PacedWake).
///
/// The sleepers of a condition are also divided into groups, so that a change of presence wakes
/// only the sessions that watch presence, and a session that sends wakes only itself.
namespace belfry::shm {

class Session;

// The groups of sleepers on the condition of the archiver. In a cluster two threads of the replica
// sleep there, and an append to the outbox must not wake the one that applies the log.
inline constexpr std::uint32_t wake_for_work = 1;
inline constexpr std::uint32_t wake_for_entries = 2;

// The groups of sleepers on both conditions of news. Further ones belong to single sessions.
inline constexpr std::uint32_t wake_for_messages = 1;
inline constexpr std::uint32_t wake_for_presence = 2;

/// Announces that messages were appended: to the archiver if there is a store, and to the sessions
/// if the messages are already visible. The writer calls it after its commit.
void announce_appended(Segment& segment) noexcept;

/// Wakes the replica after an append to the outbox. The writer calls it after its commit.
void announce_entries(Segment& segment) noexcept;

/// Waits until the outbox's head has reached `position`, or until the deadline. Everything below it
/// is then applied, and visible if it is a message. A thread that appends calls it.
void wait_until_applied(Segment& segment, std::uint64_t position,
                        Condition::Clock::time_point deadline) noexcept;

/// Moves the outbox's head, and wakes the sessions that wait for that. Only the replica calls it,
/// after publish_stored(). If it dies before the wake-up, the supervisor wakes all.
void publish_applied(Segment& segment, std::uint64_t position) noexcept;

/// Tells the sessions that watch presence that a client came or went.
void announce_presence(Segment& segment) noexcept;

/// Returns a number that changes whenever a client comes or goes.
[[nodiscard]] std::uint32_t presence_count(const Segment& segment) noexcept;

/// Waits until `has_changed` returns true, or until the deadline. Changes of presence wake it.
template <class HasChanged>
bool wait_for_presence(Segment& segment, Condition::Clock::time_point deadline,
                       HasChanged has_changed) {
    return segment.log().new_messages.wait_until(deadline, has_changed, wake_for_presence);
}

/// Waits until message `id` is visible, or until the deadline. A thread that appends calls it.
void wait_until_visible(Segment& segment, std::uint64_t id,
                        Condition::Clock::time_point deadline) noexcept;

/// Waits until a later login has taken over from `session`, or until the deadline. The later login
/// announces its presence, which ends the wait.
void wait_for_take_over(Segment& segment, const Session& session,
                        Condition::Clock::time_point deadline) noexcept;

/// Waits until `has_work` returns true, or until the deadline. Only the archiver and, in a cluster,
/// the thread of the replica that applies the log call it.
/// @return what `has_work` returned last
template <class HasWork>
bool wait_for_work(Segment& segment, Condition::Clock::time_point deadline, HasWork has_work) {
    return segment.archiver().wake.wait_until(deadline, has_work, wake_for_work);
}

/// Waits likewise for entries in the outbox. Only the thread of the replica that publishes them
/// calls it.
template <class HasEntries>
bool wait_for_entries(Segment& segment, Condition::Clock::time_point deadline,
                      HasEntries has_entries) {
    return segment.archiver().wake.wait_until(deadline, has_entries, wake_for_entries);
}

/// Wakes the thread of the replica that applies the log. The thread that has received a part of the
/// log calls it.
void announce_received(Segment& segment) noexcept;

/// Publishes that the store holds all records up to `id`. With durability commit they become
/// visible (5); they may be overwritten (4), so writers that wait for space are woken. Only the
/// archiver calls it.
/// @param seqs by row: the highest seq among the newly stored messages of that client, or 0
///
/// | killed after | what is left                     | mended by                           |
/// |--------------|----------------------------------|-------------------------------------|
/// | a seq        | seqs of messages not yet visible | the next archiver, which repeats it |
/// | `stored_id`  | writers and readers asleep       | the supervisor, which wakes all     |
void publish_stored(Segment& segment, std::span<const std::uint64_t> seqs,
                    std::uint64_t id) noexcept;

/// Wakes the archiver, so that it looks whether it has to stop.
void wake_archiver(const Segment& segment) noexcept;

/// Wakes all processes that wait for the log, on behalf of a process that may have died before it
/// could wake them (11).
void wake_everybody(Segment& segment) noexcept;

/// Lets one session wait for news. Its appending thread and its delivering thread (input and output
/// thread in server/) share the object.
///
/// The appending thread announces its message before the message is in the log, because a
/// delivering thread that still slept in the crowd at the commit would get its SENT only in its
/// turn. The two threads must not miss each other: the delivering thread stores `in_crowd_` and
/// then looks at awaits_sent() before it sleeps; the appending thread stores `last_own_` and then
/// looks at `in_crowd_`. All of these accesses are sequentially consistent, so at least one of the
/// two sees the other's store: either the delivering thread does not sleep in the crowd, or the
/// appending thread wakes it.
class SessionNews {
  public:
    SessionNews(Segment& segment, std::uint32_t slot) noexcept
        : segment_{&segment}, slot_{slot}, is_in_cluster_{segment.is_in_cluster()} {}

    // Only the delivering thread calls these.

    /// Records that everything up to `id` has been delivered.
    void advance_to(std::uint64_t id) noexcept { position_.store(id); }

    /// Records that the SENT of this seq has been delivered.
    void has_sent(std::uint64_t seq) noexcept {
        if (is_in_cluster_) last_sent_.store(seq);
    }

    struct Wanted {
        /// The last records that were delivered included some of the client's own.
        bool has_sent = false;
        /// The presence_count() that the client was told; none: the client does not watch presence.
        std::optional<std::uint32_t> presence;
    };

    /// Waits until a message after position() is visible or the presence has changed. Reads no
    /// clock. It also returns when it would now have to wait elsewhere: the client has begun to
    /// send, or the durability has changed.
    /// @return false if the deadline has passed
    [[nodiscard]] bool wait_until(Condition::Clock::time_point deadline,
                                  const Wanted& wanted) noexcept;

    // Only the appending thread calls these.

    /// Announces that the next messages in the log may be the client's own, and wakes the
    /// delivering thread if it sleeps in the crowd. It must run before the append.
    void announce_own() noexcept;

    /// Sets the id of the last own message, or its seq in a cluster, where it has no id yet. It
    /// must run after the append. 0: there is none.
    void set_last_own(std::uint64_t number) noexcept { last_own_.store(number); }

    // Either thread may call these.

    [[nodiscard]] std::uint64_t position() const noexcept { return position_.load(); }
    /// Tells whether this session has appended, or may be about to append.
    [[nodiscard]] bool sends() const noexcept { return last_own_.load() != 0; }
    /// Tells whether a SENT is still to be delivered.
    [[nodiscard]] bool awaits_sent() const noexcept {
        return last_own_.load() > (is_in_cluster_ ? last_sent_ : position_).load();
    }

  private:
    Segment* segment_;
    std::uint32_t slot_;
    bool is_in_cluster_;
    std::atomic<std::uint64_t> position_ = 0;
    std::atomic<std::uint64_t> last_sent_ = 0;  ///< a seq; used in a cluster
    std::atomic<std::uint64_t> last_own_ = 0;
    std::atomic<bool> in_crowd_ = false;
};

/// Announces that messages are stored. Only the archiver uses it.
class StoredNews {
  public:
    explicit StoredNews(Segment& segment) noexcept : segment_{&segment}, wake_{segment} {}

    /// Wakes the sessions if the stored messages have just become visible: at once all that wait
    /// for a SENT, and as many of the others as are due. It must run after publish_stored().
    void announce() noexcept;

    /// Wakes the sessions that announce() left asleep, a few at a time, until all are awake or
    /// `has_new` returns true. A new message comes first, because its sender waits for the SENT.
    template <class HasNew>
    void wake_rest(HasNew has_new) {
        while (wake_.has_more() &&
               !wait_for_work(*segment_, Condition::Clock::now() + wake_.timeout(), has_new)) {
            wake_.step();
        }
    }

  private:
    Segment* segment_;
    PacedWake wake_;
};

}  // namespace belfry::shm
