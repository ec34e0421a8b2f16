#pragma once

#include "ctl/cluster_status.hpp"
#include "ctl/rate.hpp"
#include "shm/segment_file.hpp"
#include "shm/session_slots.hpp"

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::ctl {

/// The state of one client.
struct ClientStatus {
    std::string id = {};
    bool online = false;
    /// In a cluster: the node at which it is online; empty on a single node, or if it is offline.
    std::string node = {};
    pid_t pid = 0;  ///< 0: offline, or online at another node
    std::uint64_t cursor = 0;
    std::uint64_t behind = 0;  ///< visible messages above the cursor
    std::uint64_t seq = 0;     ///< the highest accepted seq
    // The following three tell of a session at this node.
    std::string version = {};        ///< of the belfryd that serves it; empty: no session
    std::uint64_t connected_ms = 0;  ///< Unix time when it connected; 0: no session
    shm::Peer peer = {};             ///< unused without a session
    // The following are counted since the segment was made.
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t seen_ms = 0;  ///< Unix time when it last sent something; 0: never
    std::uint64_t logins = 0;
    std::uint64_t ended_ms = 0;  ///< Unix time when its last session ended; 0: none has
    std::vector<shm::EndReason> last_ends = {};  ///< at most eight, the newest first
};

/// The state of the gate.
struct GateStatus {
    pid_t pid = 0;               ///< 0: not alive
    std::uint32_t tls_port = 0;  ///< 0: not used
    std::uint32_t web_port = 0;  ///< likewise
    std::uint32_t relays = 0;    ///< sessions whose clients are connected through a relay
    std::uint64_t certificate_expires_ms = 0;  ///< Unix time; 0: there is no certificate
};

/// The state of a server at one moment, as its segment shows it.
struct Status {
    std::uint64_t now_ms;  ///< Unix time of the reading
    key_t key;
    int shmid;
    std::uint64_t bytes;
    std::uint64_t attached;  ///< attached processes, without this one
    std::string epoch;
    std::uint64_t first_id;
    std::uint64_t last_id;
    std::uint64_t visible_id;
    std::uint64_t stored_id;
    std::uint64_t capacity_bytes;
    std::uint64_t stored_bytes;   ///< stored bytes in the ring; 0 without a store
    std::uint64_t visible_bytes;  ///< bytes in the ring that clients may see
    std::uint64_t used_bytes;
    std::uint64_t created_ms;  ///< Unix time when the segment was made
    shm::Durability durability;
    shm::StoreState store_state;     ///< as set by the last archiver; unused with durability memory
    pid_t supervisor;                ///< pid; 0: not alive
    pid_t archiver;                  ///< pid; 0: not alive
    std::string supervisor_version;  ///< empty: not alive
    std::string archiver_version;    ///< empty: not alive
    std::uint64_t uptime_s;          ///< uptime of the supervisor, in seconds
    std::uint32_t port;
    bool stopping;
    std::uint32_t online;  ///< at this node
    std::uint32_t max_online;
    std::uint32_t not_logged_in;  ///< connections without a login
    std::uint64_t archiver_restarts;
    std::uint64_t refused_logins;
    std::uint64_t waiting_connections;  ///< connections that have sent nothing yet
    std::uint64_t refused_connections;  ///< connections for which there was no room
    std::uint64_t limited_connections;  ///< connections that were over a limit
    bool sandbox_seccomp;
    std::uint32_t sandbox_landlock;                    ///< version of Landlock; 0: not used
    std::optional<GateStatus> gate;                    ///< empty if the server has no gate
    std::optional<ClusterStatus> cluster;              ///< empty on a single node
    std::array<std::uint64_t, shm::end_reasons> ends;  ///< ended sessions, by EndReason
    Rate rate;                                         ///< over the last ten seconds
    Rate long_rate;                                    ///< over the last minute
    std::vector<ClientStatus> clients;
};

/// Reads the status from the segment, without taking a lock.
[[nodiscard]] Status read_status(const shm::FoundSegment& found);

/// Prints the status as JSON, for programs.
void print_json(std::ostream& out, const Status& status);
/// Prints the status for people.
void print_page(std::ostream& out, const Status& status);

/// Returns the word for the state of the store, or `none` if there is no store.
[[nodiscard]] std::string_view store_word(const Status& status) noexcept;

}  // namespace belfry::ctl
