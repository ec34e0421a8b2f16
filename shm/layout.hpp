#pragma once

#include "shm/condition.hpp"
#include "shm/robust_mutex.hpp"

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// The layout of the shared-memory segment. This file declares data and no behaviour; segment.hpp
/// creates and maps a segment.
///
///     +--------------------+ 0
///     | Prefix             | frozen: every version of the program can read it
///     +--------------------+ prefix.processes_offset
///     | ProcessEntry[]     | word and start_time are frozen too; [0] is the supervisor, [1]
///     |                    | the archiver, [2 + slot] a session, the last one the gate
///     +--------------------+ prefix.body_offset; from here on layout_version decides
///     | Geometry           | sizes and offsets of everything below
///     +--------------------+
///     | LogHeader          | lock, conditions, first_id, last_id, stored_id, derived_id
///     +--------------------+
///     | ArchiverBlock      |
///     +--------------------+
///     | ServerBlock        | settings that a reload changes, and counters
///     +--------------------+
///     | ClusterBlock       | state of the cluster, its nodes, and the outbox; unused without one
///     +--------------------+
///     | SessionSlot[]      |
///     +--------------------+
///     | ClientRow[]        |
///     +--------------------+
///     | positions[entries] | the index: three arrays, each used at [id mod entries]
///     | seqs[entries]      |
///     | senders[entries]   |
///     +--------------------+ page
///     | byte ring          | the records, contiguous, at [position mod ring_bytes]
///     +--------------------+ page
///     | outbox             | entries (wire/entry.hpp), contiguous, at [position mod outbox_bytes];
///     |                    | no bytes without a cluster
///     +--------------------+ prefix.segment_bytes
///
/// A record is one encoded frame. The log treats it as opaque bytes.
///
/// The invariants. Code that maintains one cites its number:
///  1. A batch has one commit point. A writer copies its records behind the end of the log, writes
///     their index entries, and then commits all of them by one release store of last_id. A batch
///     takes at most a quarter of the byte ring and of the index.
///  2. Record `id` starts at positions[id mod entries], an absolute position that only grows;
///     positions[last_id + 1] is the end of the log. There are no holes, and
///     first_id <= last_id + 1.
///  3. A writer moves first_id past the records that it is about to overwrite, with a barrier,
///     before it writes. A reader copies, then checks first_id, and only then uses the copy.
///  4. If there is a store, no record above stored_id is overwritten.
///  5. No record above the visible id is shown to a client. The visible id is stored_id with
///     durability commit, and last_id otherwise.
///  6. A client's last seq is derived from the records up to derived_id; a repair applies the
///     later ones. A last seq above max_free_seq may have been set back (seq_reset.hpp); a repair
///     does not raise it again.
///  7. A cursor is one word {generation, id}. Only the session of that generation moves it, by
///     compare-and-swap, only forwards, and never above the visible id. In a cluster the replica
///     moves it forwards too, to what the client has acknowledged at another node.
///  8. No id is used twice in an epoch.
///  9. A session appends only while it is the current session of its client, which is checked under
///     the lock.
/// 10. No process holds the lock across a call that can wait, or together with another lock.
/// 11. If a process dies before it has notified others, the supervisor notifies them in its place.
/// 12. A client's online state is derived: the client is online if its session word has the live
///     generation of the session's slot.
/// 13. The times of the log never decrease: a message gets at least last_time_ms. A writer stores
///     its time there before it commits. If it dies in between, no message has the time
///     last_time_ms. That does no harm: no message is later than it.
/// 14. In a cluster only the replica appends to the log, and only what is stored. Sessions append
///     entries to the outbox, under the lock, with one commit point: OutboxHeader::end. Nothing
///     between `head` and `end` is overwritten.
/// 15. In a cluster a session is the current one of its client only if its login is also the one
///     that the cluster has applied (ClientRow::login).
namespace belfry::shm {

inline constexpr std::uint64_t segment_magic = 0x0a79'7266'6c65'4221;  // "!Belfry\n" in memory
inline constexpr std::uint32_t layout_version = 7;
inline constexpr std::size_t cache_line = 64;

enum class Durability : std::uint32_t { memory = 1, async = 2, commit = 3 };

enum class StopWord : std::uint32_t {
    running = 0,
    sessions_end = 1,     ///< sessions send BYE shutting-down and exit
    archiver_drains = 2,  ///< no session is left; the archiver stores the rest and exits
};

/// One process of the server. `word` is {generation, pid}. The supervisor raises the generation
/// when it gives the entry to a process or takes it back. The process claims the entry by
/// compare-and-swap from {generation, 0} to {generation, pid}.
struct ProcessEntry {
    std::atomic<std::uint64_t> word;        ///< supervisor and claimant, by compare-and-swap
    std::atomic<std::uint64_t> start_time;  ///< claimant, after the claim; clock ticks since boot
    /// Version of the program that the process runs, as NUL-padded text. The supervisor writes it
    /// before the fork, and its own before it claims its entry; belfryctl reads it. This field is
    /// not frozen: it exists only in segments of this layout.
    std::atomic<std::uint64_t> version[4];
};

/// The beginning of the segment. It is frozen: fields may be added in `reserved`, but none may
/// move. Each comment names the process that writes the field. Every process reads all of them.
struct Prefix {
    std::atomic<std::uint64_t> magic;  ///< creator, last of all; 0 if it died before
    std::uint32_t layout_version;      ///< creator
    /// A Durability. Creator; a supervisor that adopts the segment may raise async to commit.
    std::atomic<std::uint32_t> durability;
    std::uint64_t segment_bytes;      ///< creator
    char token[40];                   ///< creator, first of all; proves to whom the segment belongs
    char program_version[32];         ///< creator; NUL-padded
    char epoch[40];                   ///< creator; hexadecimal digits, NUL-padded
    std::uint64_t processes_offset;   ///< creator; in bytes
    std::uint32_t processes_count;    ///< creator
    std::uint32_t processes_stride;   ///< creator; distance of two entries in bytes
    std::uint64_t body_offset;        ///< creator; start of the part that depends on the layout
    std::atomic<std::uint32_t> stop;  ///< a StopWord; the process that stops the server
    std::atomic<std::uint32_t> port;  ///< supervisor; the port that it last listened on
    std::atomic<std::uint32_t> tls_port;  ///< supervisor; likewise of the gate; 0: not used
    std::atomic<std::uint32_t> web_port;  ///< supervisor; likewise
    std::uint8_t reserved[80];
};

inline constexpr std::size_t supervisor_entry = 0;
inline constexpr std::size_t archiver_entry = 1;
inline constexpr std::size_t first_session_entry = 2;
// The entry of the gate is behind those of the sessions (Segment::gate_process()).

/// Sizes and places of all parts. Only the creator writes it. Offsets are in bytes from the start
/// of the segment.
struct Geometry {
    std::uint64_t ring_bytes;
    std::uint64_t index_entries;  ///< a power of two
    std::uint32_t session_slots;
    std::uint32_t client_rows;  ///< spare rows included
    std::uint32_t max_payload;
    std::uint32_t max_clients;
    std::uint64_t outbox_bytes;  ///< 0 without a cluster
    std::uint64_t log_offset;
    std::uint64_t archiver_offset;
    std::uint64_t server_offset;
    std::uint64_t cluster_offset;
    std::uint64_t sessions_offset;
    std::uint64_t clients_offset;
    std::uint64_t positions_offset;
    std::uint64_t seqs_offset;
    std::uint64_t senders_offset;
    std::uint64_t ring_offset;
    std::uint64_t outbox_offset;
    std::uint64_t created_ms;
};

/// The state of the log. Every process reads all of it; the comments say which one writes.
struct LogHeader {
    alignas(cache_line) RobustMutex mutex;  ///< guards appends, seqs and logins

    /// Id of the newest record: the commit point (1). Written under the mutex.
    alignas(cache_line) std::atomic<std::uint64_t> last_id;

    /// Id of the oldest record that is still whole (3). Written under the mutex.
    alignas(cache_line) std::atomic<std::uint64_t> first_id;

    /// Id of the newest record in the store (4, 5). The archiver writes it while it holds the
    /// store's lock. It decreases only if the store turns out to have lost records.
    alignas(cache_line) std::atomic<std::uint64_t> stored_id;

    /// The clients' last seqs include all records up to this id (6). Written under the mutex.
    alignas(cache_line) std::atomic<std::uint64_t> derived_id;

    /// No committed message has a later time (13). Written under the mutex, and by the creator. It
    /// shares the cache line of derived_id, because a writer writes that one anyway.
    std::atomic<std::uint64_t> last_time_ms;

    /// Notified when the visible id or the presence of a client has changed. news.hpp says which
    /// sessions wait here and which on the next one.
    alignas(cache_line) Condition new_messages;
    /// With durability commit, the same for sessions that wait for a SENT or DUP, or have just got
    /// one.
    alignas(cache_line) Condition news_of_senders;
    alignas(cache_line) Condition space;  ///< notified when stored_id has moved

    /// Sessions that log in or leave increment it, and the supervisor does so for those that died.
    /// Sessions that report presence to their client read it.
    alignas(cache_line) std::atomic<std::uint32_t> presence_changes;
};

enum class StoreState : std::uint32_t {
    works = 0,
    fails = 1,    ///< sessions refuse new messages
    drained = 2,  ///< every record is stored, and the archiver has exited
};

/// The state of the archiver. It is unused with durability memory.
struct ArchiverBlock {
    /// A StoreState. The archiver writes it; so does a supervisor that starts an archiver after a
    /// shutdown that was not completed. Every process reads it.
    alignas(cache_line) std::atomic<std::uint32_t> store_state;
    // The retention limits; 0 is no limit. The supervisor writes them at its start and at a reload.
    std::atomic<std::uint64_t> keep_messages;
    std::atomic<std::uint64_t> keep_ms;
    /// base::clock_offset_ms() at the creation of the segment; in a cluster, when the replica last
    /// found the clock right. A difference from the present offset is a jump of the wall clock.
    std::atomic<std::int64_t> clock_offset_ms;
    /// Before this time (steady_clock, in ms) sessions begin no read of the store, so that SQLite
    /// can restart its write-ahead log. The archiver writes it, sessions read it. It expires even
    /// if the archiver dies.
    std::atomic<std::int64_t> no_reads_until_ms;

    /// Notified after each append, and by the process that stops the server.
    alignas(cache_line) Condition wake;
};

/// The reason why a session that had logged in ended.
enum class EndReason : std::uint8_t {
    none = 0,
    quit = 1,           ///< QUIT
    closed = 2,         ///< the client closed the connection
    lost = 3,           ///< the connection broke
    taken_over = 4,     ///< a later login of the client took over
    shutting_down = 5,  ///< the server stops, or somebody sent SIGTERM to the session
    removed = 6,        ///< the client may not log in any more
    protocol = 7,       ///< a protocol error after which the input cannot be parsed any further
    killed = 8,         ///< the process died
    failed = 9,         ///< no thread or slot was available
};
inline constexpr std::size_t end_reasons = 10;

/// Settings that a reload changes, and counters for belfryctl.
struct ServerBlock {
    /// Limit of sessions that are logged in. The supervisor writes it at its start and at a reload;
    /// logins read it.
    alignas(cache_line) std::atomic<std::uint32_t> max_online;
    /// A LogLevel. The supervisor writes it likewise; every process of the server reads it.
    std::atomic<std::uint32_t> log_level;
    std::atomic<std::uint64_t> archiver_restarts;  ///< written by the supervisor

    /// Number of sessions that had logged in and ended, by EndReason. The process that reports the
    /// end increments it: the session, or the supervisor for one that died.
    alignas(cache_line) std::atomic<std::uint64_t> ends[end_reasons];
    std::atomic<std::uint64_t> refused_logins;  ///< written by the session that refuses one
    /// How many of them a log line has reported, and when the last such line was written (Unix
    /// time). A session that refuses a login writes both, after a compare-and-swap of the time.
    std::atomic<std::uint64_t> refusals_told;
    std::atomic<std::uint64_t> refusals_told_ms;

    // What the supervisor does with connections. It writes all of this; belfryctl reads it.
    /// Connections that have sent nothing yet and have no process.
    alignas(cache_line) std::atomic<std::uint64_t> waiting_connections;
    /// Connections that got `too-many-clients`, because no process, slot or descriptor was left.
    std::atomic<std::uint64_t> refused_connections;
    /// Connections that were closed because they, or their source, were over a limit.
    std::atomic<std::uint64_t> limited_connections;
    /// Unix time at which the certificate that the gate uses expires; 0 without a gate.
    std::atomic<std::uint64_t> certificate_expires_ms;
    /// Number of SIGHUPs that the supervisor has answered, and the digest of the clients' file that
    /// it uses (auth::digest(); 0: none). belfryctl waits for them.
    std::atomic<std::uint64_t> reloads;
    std::atomic<std::uint64_t> clients_digest;
    /// What the sandbox of the sessions uses: 1 if there is a seccomp filter, and the version of
    /// Landlock; 0 for what is not used.
    std::atomic<std::uint32_t> sandbox_seccomp;
    std::atomic<std::uint32_t> sandbox_landlock;
};

/// What a node can do with its cluster at present.
enum class ClusterState : std::uint32_t {
    no_engine = 0,  ///< etcd does not answer: no logins, no new messages
    ok = 1,
    behind = 2,   ///< messages of others arrive late: no logins
    stopped = 3,  ///< somebody has to act: no logins, no new messages
};

/// Text in shared memory that may be replaced while it is read, NUL-padded. A reader may then see
/// a mixture of both.
template <std::size_t words>
using SharedText = std::atomic<std::uint64_t>[words];

/// A node of the cluster, as this node sees it. The replica writes all of it. It gives no row to
/// another node while a client is logged in at the present one.
struct NodeRow {
    alignas(cache_line) SharedText<8> name;  ///< empty: the row is free
    SharedText<8> address;                   ///< HOST:PORT for clients
    SharedText<4> version;                   ///< of its program
    std::atomic<std::uint64_t> incarnation;  ///< the one whose entries are applied
    std::atomic<std::uint64_t> stored_revision;
    std::atomic<std::uint32_t> is_alive;
    std::atomic<std::uint32_t> clients;  ///< how many are online there
};
inline constexpr std::uint32_t node_rows = 32;

/// The outbox: what the sessions of this node have to tell the cluster. Positions count bytes since
/// the segment was made.
struct OutboxHeader {
    /// A random number that names the outbox in the cluster. Creator.
    alignas(cache_line) std::uint64_t incarnation;
    /// The end of the last entry: the commit point (14). Written under the log's mutex.
    alignas(cache_line) std::atomic<std::uint64_t> end;
    /// Everything below was applied, stored and shown, or dropped by all nodes alike. The replica
    /// writes it; sessions read it. It is moved after stored_id and the clients' rows.
    alignas(cache_line) std::atomic<std::uint64_t> head;
};

/// The cluster as this node sees it. The replica writes it, unless a comment names somebody else.
struct ClusterBlock {
    SharedText<8> name;                                    ///< creator; names the cluster
    SharedText<8> node;                                    ///< creator; names this node
    alignas(cache_line) std::atomic<std::uint32_t> state;  ///< a ClusterState
    std::atomic<std::uint32_t> has_worked;       ///< 0 until the state was `ok` for the first time
    std::atomic<std::uint64_t> revision;         ///< of the engine; everything up to it is stored
    std::atomic<std::uint64_t> engine_revision;  ///< the newest one that the engine has named
    std::atomic<std::uint64_t> answered_ms;      ///< Unix time of the engine's last answer
    std::atomic<std::uint64_t> published;        ///< position in the outbox that the engine has
    OutboxHeader outbox;
    NodeRow nodes[node_rows];
};

/// The way by which a client is connected.
enum class Transport : std::uint32_t {
    tcp = 0,
    tls = 1,  ///< through the gate
    web = 2,  ///< through the gate
};

/// The public state of a session child.
struct SessionSlot {
    /// 1 from before the child takes the lock until after it has notified others (11). The child
    /// writes it; the supervisor reads and clears it after the child's death.
    alignas(cache_line) std::atomic<std::uint32_t> appending;
    std::atomic<std::uint32_t> client;  ///< row + 1, or 0 before the login; written by the child
    std::atomic<std::uint64_t> connected_ms;  ///< Unix time; the supervisor, before the fork
    /// The client's address as IPv6, in network byte order (base::Endpoint); all zeros: unknown.
    /// The supervisor writes it, the port and the transport before the fork.
    std::atomic<std::uint64_t> peer_address[2];
    std::atomic<std::uint32_t> peer_port;
    std::atomic<std::uint32_t> transport;  ///< a Transport
    /// ClientRow::secret_version at the login; the child writes it before `client`.
    std::atomic<std::uint64_t> secret_version;
    /// In a cluster: the login that the child has asked for, or holds (15); 0 before. The child
    /// writes it before the entry of its login; the replica reads it.
    std::atomic<std::uint64_t> login;
};

/// One client. A row is never reused for another client-id within a segment.
struct ClientRow {
    char name[32];  ///< written by the supervisor before `known`, its first byte last
    std::atomic<std::uint32_t> known;  ///< written by the supervisor: 1 if the client may log in
    /// Changes whenever the client's secrets change; 0 without secrets. The supervisor writes it at
    /// a start and at a reload; logins read it before and after they note it in their slot.
    std::atomic<std::uint64_t> secret_version;

    /// {generation, slot} of the client's current session (12), or 0. A login writes it under the
    /// mutex; the session swaps it to 0 when it leaves.
    alignas(cache_line) std::atomic<std::uint64_t> session;
    std::atomic<std::uint64_t> last_seq;  ///< written under the mutex (6)
    /// The highest seq of this client's messages up to stored_id. The archiver writes it before it
    /// writes stored_id, and at its start under the mutex. reset_seq() writes it under the mutex
    /// while all messages of the client are stored. Logins read it.
    std::atomic<std::uint64_t> stored_seq;
    /// In a cluster: the client's current login at any node, and the row of that node + 1; 0: none
    /// (15). The replica writes both, the node first.
    std::atomic<std::uint64_t> login;
    std::atomic<std::uint32_t> login_node;

    /// {generation: 16 bits, id: 48 bits} (7). A login increments the generation under the mutex;
    /// the session of that generation moves the id.
    alignas(cache_line) std::atomic<std::uint64_t> cursor;

    /// Counters for belfryctl, since the creation of the segment. The session's threads add to
    /// them, relaxed. During a take-over the old and the new session may both do so.
    alignas(cache_line) std::atomic<std::uint64_t> bytes_in;
    std::atomic<std::uint64_t> seen_ms;  ///< Unix time when the client last sent something
    std::atomic<std::uint64_t> logins;
    std::atomic<std::uint64_t> ended_ms;  ///< Unix time at which the last session ended
    /// EndReasons of the last eight sessions, a byte each, the newest in the lowest byte. The
    /// session that ends writes it, or the supervisor for one that died; by compare-and-swap.
    std::atomic<std::uint64_t> last_ends;
    /// It has a cache line of its own because another thread writes it.
    alignas(cache_line) std::atomic<std::uint64_t> bytes_out;
};

/// The largest id that a cursor word can hold, and therefore the last one of a log. Ten million
/// messages a second reach it after 325 days.
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
static_assert(offsetof(Prefix, tls_port) == 168);
static_assert(sizeof(LogHeader) == 9 * cache_line);
static_assert(sizeof(ArchiverBlock) == 2 * cache_line);
static_assert(sizeof(ServerBlock) == 4 * cache_line);
static_assert(sizeof(NodeRow) == 3 * cache_line);
static_assert(sizeof(OutboxHeader) == 3 * cache_line);
static_assert(sizeof(ClusterBlock) == (6 + 3 * node_rows) * cache_line);
static_assert(sizeof(SessionSlot) == cache_line);
static_assert(sizeof(ClientRow) == 5 * cache_line);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Prefix> && std::is_standard_layout_v<ProcessEntry>);

/// Two 32-bit numbers in one word, so that one atomic operation changes both.
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

/// The two parts of a cursor word.
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
