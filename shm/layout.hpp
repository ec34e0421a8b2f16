#pragma once

#include "shm/condition.hpp"
#include "shm/robust_mutex.hpp"

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// The bytes of the segment. No behaviour: see segment.hpp for who creates and opens it.
///
///     +--------------------+ 0
///     | Prefix             | frozen for ever: every version of the program can read it
///     +--------------------+ prefix.processes_offset
///     | ProcessEntry[]     | word and start_time frozen too: [0] supervisor, [1] archiver,
///     |                    | [2 + slot] sessions
///     +--------------------+ prefix.body_offset; what follows belongs to layout_version
///     | Geometry           | sizes and offsets of all below
///     +--------------------+
///     | LogHeader          | lock, conditions, first_id, last_id, stored_id, derived_id
///     +--------------------+
///     | ArchiverBlock      |
///     +--------------------+
///     | ServerBlock        | what is set while the server runs, and counted for people
///     +--------------------+
///     | SessionSlot[]      |
///     +--------------------+
///     | ClientRow[]        |
///     +--------------------+
///     | positions[entries] | the index ring: three arrays, all at [id mod entries]
///     | seqs[entries]      |
///     | senders[entries]   |
///     +--------------------+ page
///     | byte ring          | records, one behind the other, at [position mod ring_bytes]
///     +--------------------+ prefix.segment_bytes
///
/// A record is one encoded frame; the log does not look into it.
///
/// The invariants, cited by number wherever one is kept:
///  1. One commit point: a batch (at most a quarter of either ring) is written behind the end of
///     the log, then its index entries, then one release store of last_id.
///  2. Record id starts at positions[id mod entries], an absolute position that only grows;
///     positions[last_id + 1] is the end. There are no holes. first_id <= last_id + 1.
///  3. A writer moves first_id past what it overwrites, with a barrier, before it writes. A reader
///     copies, then checks first_id, and only then uses the copy.
///  4. With a store, nothing above stored_id is overwritten.
///  5. Nothing above visible is shown: stored_id with durability commit, else last_id.
///  6. Last seqs are derived from the records up to derived_id; a repair applies the rest. One
///     above max_free_seq may have been set back since (seq_reset.hpp), and stays so.
///  7. A cursor is one word {generation, id}, moved by compare-and-swap, forwards, by the session
///     of that generation alone, never above visible.
///  8. Ids are never used twice in an epoch.
///  9. A session appends only while it is its client's session, checked under the lock.
/// 10. The lock is never held across a call that can wait, nor together with another one.
/// 11. Whoever dies, others are woken: the supervisor notifies for the dead.
/// 12. Online is derived: the client's session word equals the live generation of its slot.
/// 13. The times of the log never fall: a message gets at least last_time_ms. A writer stores that
///     before it commits, so that its death in between leaves a time that no message has, but no
///     message that is later than last_time_ms.
namespace belfry::shm {

inline constexpr std::uint64_t segment_magic = 0x0a79'7266'6c65'4221;  // "!Belfry\n" in memory
inline constexpr std::uint32_t layout_version = 5;
inline constexpr std::size_t cache_line = 64;

enum class Durability : std::uint32_t { memory = 1, async = 2, commit = 3 };

enum class StopWord : std::uint32_t {
    running = 0,
    sessions_end = 1,    ///< sessions say BYE shutting-down
    archiver_drains = 2  ///< no session lives; the archiver stores what is left, and ends
};

/// One process of the server. `word` is {generation, pid}: the generation is raised by the
/// supervisor when it gives the entry away or takes it back; the process claims it by
/// compare-and-swap from {generation, 0} to {generation, pid}.
struct ProcessEntry {
    std::atomic<std::uint64_t> word;        ///< supervisor and claimant, by compare-and-swap
    std::atomic<std::uint64_t> start_time;  ///< claimant, after the claim; clock ticks since boot
    /// The program that it runs; NUL-padded text. The supervisor, before the fork (of its own
    /// entry: before it takes it); belfryctl reads. Not frozen: only in a segment of this layout.
    std::atomic<std::uint64_t> version[4];
};

/// Frozen: fields may be added in `reserved`, none may move.
struct Prefix {
    std::atomic<std::uint64_t> magic;  ///< creator, last of all; 0 in a torn creation
    std::uint32_t layout_version;      ///< creator
    /// A Durability. The creator; an adopting supervisor raises async to commit; everybody reads.
    std::atomic<std::uint32_t> durability;
    std::uint64_t segment_bytes;      ///< creator
    char token[40];                   ///< creator, first of all; proves whose segment this is
    char program_version[32];         ///< creator; NUL-padded
    char epoch[40];                   ///< creator; hexadecimal digits, NUL-padded
    std::uint64_t processes_offset;   ///< creator; in bytes
    std::uint32_t processes_count;    ///< creator
    std::uint32_t processes_stride;   ///< creator; bytes from one entry to the next
    std::uint64_t body_offset;        ///< creator; where this layout's own part starts
    std::atomic<std::uint32_t> stop;  ///< a StopWord; who stops the server writes it
    std::atomic<std::uint32_t> port;  ///< supervisor; the port last listened on
    std::uint8_t reserved[88];
};

inline constexpr std::size_t supervisor_entry = 0;
inline constexpr std::size_t archiver_entry = 1;
inline constexpr std::size_t first_session_entry = 2;

/// Written by the creator alone. Offsets are in bytes from the start of the segment.
struct Geometry {
    std::uint64_t ring_bytes;
    std::uint64_t index_entries;  ///< a power of two
    std::uint32_t session_slots;
    std::uint32_t client_rows;  ///< spare rows included
    std::uint32_t max_payload;
    std::uint32_t max_clients;
    std::uint64_t log_offset;
    std::uint64_t archiver_offset;
    std::uint64_t server_offset;
    std::uint64_t sessions_offset;
    std::uint64_t clients_offset;
    std::uint64_t positions_offset;
    std::uint64_t seqs_offset;
    std::uint64_t senders_offset;
    std::uint64_t ring_offset;
    std::uint64_t created_ms;
};

struct LogHeader {
    alignas(cache_line) RobustMutex mutex;  ///< appends, seqs, logins

    /// The commit point (1). Writers under the mutex; everybody reads.
    alignas(cache_line) std::atomic<std::uint64_t> last_id;

    /// The oldest record that is still whole (3). Writers under the mutex; everybody reads.
    alignas(cache_line) std::atomic<std::uint64_t> first_id;

    /// The last record in the store (4, 5). The archiver writes, under its lock file; everybody
    /// reads. It moves back only where a store is found to have lost what it had.
    alignas(cache_line) std::atomic<std::uint64_t> stored_id;

    /// Last seqs are right up to here (6). Writers and repair under the mutex.
    alignas(cache_line) std::atomic<std::uint64_t> derived_id;

    /// No committed message has a later time (13). Writers under the mutex, and the creator. A
    /// writer that dies before its commit leaves the time of a message that does not exist; that
    /// does no harm. It shares the cache line of derived_id, which a writer writes anyway.
    std::atomic<std::uint64_t> last_time_ms;

    /// Visible, or somebody's presence, has changed. news.hpp says who sleeps here, and who on the
    /// next one.
    alignas(cache_line) Condition new_messages;
    /// The same, for sessions with durability commit that wait for SENT or DUP, or have just had
    /// one.
    alignas(cache_line) Condition news_of_senders;
    alignas(cache_line) Condition space;  ///< stored_id has moved

    /// Raised by whoever logs in, leaves or reaps; read by sessions that watch presence.
    alignas(cache_line) std::atomic<std::uint32_t> presence_changes;
};

enum class StoreState : std::uint32_t {
    works = 0,
    fails = 1,    ///< sessions refuse what is new
    drained = 2,  ///< all is stored, and the archiver has ended
};

/// The archiver's part. Unused with durability memory.
struct ArchiverBlock {
    /// A StoreState. The archiver writes, and the supervisor before it forks one behind a stop that
    /// was not finished; everybody reads.
    alignas(cache_line) std::atomic<std::uint32_t> store_state;
    std::atomic<std::uint64_t> keep_messages;  ///< supervisor, at a start; 0: all
    std::atomic<std::uint64_t> keep_ms;        ///< supervisor, at a start; 0: for ever
    /// clock_offset_ms() when the segment was created, which is when the server began. The creator;
    /// the archiver reads it to find out whether the wall clock has jumped.
    std::atomic<std::int64_t> clock_offset_ms;
    /// Until then sessions begin no read of the store, so that its write-ahead log can be started
    /// over: the time since the epoch of steady_clock in ms. The archiver; sessions read it. It
    /// passes by itself, also if the archiver has died.
    std::atomic<std::int64_t> no_reads_until_ms;

    /// Notified by whoever appends, and by who stops the server.
    alignas(cache_line) Condition wake;
};

/// Why a session that had logged in ended.
enum class EndReason : std::uint8_t {
    none = 0,
    quit = 1,           ///< QUIT
    closed = 2,         ///< the client closed the connection
    lost = 3,           ///< the connection broke
    taken_over = 4,     ///< by a later login
    shutting_down = 5,  ///< a stop, or somebody sent SIGTERM
    removed = 6,        ///< its client may not log in any more
    protocol = 7,       ///< something that cannot be gone on behind, as a bad payload
    killed = 8,         ///< its process died
    failed = 9,         ///< the system had no thread or no slot for it
};
inline constexpr std::size_t end_reasons = 10;

/// What is set while the server runs, and what is counted for people alone.
struct ServerBlock {
    /// The supervisor, at a start and at a reload. A login reads it.
    alignas(cache_line) std::atomic<std::uint32_t> max_online;
    /// A server::LogLevel, likewise; whoever has something to say reads it.
    std::atomic<std::uint32_t> log_level;
    std::atomic<std::uint64_t> archiver_restarts;  ///< supervisor

    /// Sessions that had logged in, by the EndReason. Whoever says the end of one adds to it.
    alignas(cache_line) std::atomic<std::uint64_t> ends[end_reasons];
    std::atomic<std::uint64_t> refused_logins;  ///< a child that refuses one
    /// Those that a line has told of, and when the last one did (Unix time). A child that refuses
    /// a login, by compare-and-swap of the time.
    std::atomic<std::uint64_t> refusals_told;
    std::atomic<std::uint64_t> refusals_told_ms;
};

/// What a session child shows of itself.
struct SessionSlot {
    /// 1 from before the child locks until after it has notified (11). The child writes, the
    /// supervisor reads and clears after its death.
    alignas(cache_line) std::atomic<std::uint32_t> appending;
    std::atomic<std::uint32_t> client;        ///< row + 1, 0 before login; the child writes
    std::atomic<std::uint64_t> connected_ms;  ///< Unix time; the supervisor writes before the fork
};

/// One client-id. Rows are never reused within a segment.
struct ClientRow {
    char name[32];  ///< supervisor, before `known`; NUL-padded; its first byte comes last
    std::atomic<std::uint32_t> known;  ///< supervisor: 1 while the client-id may log in

    /// {generation, slot} of the session that is logged in (12); 0: none. Login writes it under
    /// the mutex; the session swaps it to 0 when it leaves.
    alignas(cache_line) std::atomic<std::uint64_t> session;
    std::atomic<std::uint64_t> last_seq;  ///< under the mutex (6)
    /// The highest seq of this client's messages up to stored_id. The archiver writes it before
    /// stored_id, and at its start under the mutex; reset_seq() under the mutex while all messages
    /// of the client are stored; a login reads it.
    std::atomic<std::uint64_t> stored_seq;

    /// {generation: 16 bits, id: 48 bits} (7). Login raises the generation under the mutex; the
    /// session of that generation moves the id.
    alignas(cache_line) std::atomic<std::uint64_t> cursor;

    /// For people, since the segment was made. The session's threads add, relaxed: for a moment
    /// two sessions may, one of them taken over. belfryctl reads.
    alignas(cache_line) std::atomic<std::uint64_t> bytes_in;
    std::atomic<std::uint64_t> seen_ms;  ///< Unix time when the client last sent something
    std::atomic<std::uint64_t> logins;
    std::atomic<std::uint64_t> ended_ms;  ///< Unix time of the last end of a session
    /// The EndReasons of the last eight, a byte each, the newest one lowest. The session that
    /// ends, or the supervisor for one that died; by compare-and-swap.
    std::atomic<std::uint64_t> last_ends;
    /// In a line of its own: another thread's.
    alignas(cache_line) std::atomic<std::uint64_t> bytes_out;
};

/// The ids that a cursor word can hold, and so the end of a log: at ten million messages a
/// second it comes after 325 days.
inline constexpr std::uint64_t max_id = (1ULL << 48) - 1;

static_assert(sizeof(ProcessEntry) == 48);
static_assert(offsetof(ProcessEntry, word) == 0);
static_assert(offsetof(ProcessEntry, start_time) == 8);
static_assert(sizeof(Prefix) == 256);
static_assert(offsetof(Prefix, magic) == 0);
static_assert(offsetof(Prefix, layout_version) == 8);
static_assert(offsetof(Prefix, durability) == 12);
static_assert(offsetof(Prefix, segment_bytes) == 16);
static_assert(offsetof(Prefix, token) == 24);
static_assert(offsetof(Prefix, program_version) == 64);
static_assert(offsetof(Prefix, epoch) == 96);
static_assert(offsetof(Prefix, processes_offset) == 136);
static_assert(offsetof(Prefix, body_offset) == 152);
static_assert(offsetof(Prefix, stop) == 160);
static_assert(offsetof(Prefix, port) == 164);
static_assert(sizeof(LogHeader) == 9 * cache_line);
static_assert(sizeof(ArchiverBlock) == 2 * cache_line);
static_assert(sizeof(ServerBlock) == 3 * cache_line);
static_assert(sizeof(SessionSlot) == cache_line);
static_assert(sizeof(ClientRow) == 5 * cache_line);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Prefix> && std::is_standard_layout_v<ProcessEntry>);

/// Two 32-bit halves in one word, so that both change at once.
struct Halves {
    std::uint32_t high;
    std::uint32_t low;
};
[[nodiscard]] constexpr std::uint64_t pack(Halves halves) noexcept {
    return (std::uint64_t{halves.high} << 32) | halves.low;
}
[[nodiscard]] constexpr Halves unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
}

/// A cursor word taken apart.
struct Cursor {
    std::uint16_t generation;
    std::uint64_t id;
};
[[nodiscard]] constexpr std::uint64_t pack(Cursor cursor) noexcept {
    return (std::uint64_t{cursor.generation} << 48) | cursor.id;
}
[[nodiscard]] constexpr Cursor unpack_cursor(std::uint64_t word) noexcept {
    return {static_cast<std::uint16_t>(word >> 48), word & max_id};
}

}  // namespace belfry::shm
