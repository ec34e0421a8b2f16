#pragma once

#include "ctl/rate.hpp"
#include "shm/segment_file.hpp"

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::ctl {

struct ClientStatus {
    std::string id = {};
    bool online = false;
    pid_t pid = 0;  ///< 0: offline
    std::uint64_t cursor = 0;
    std::uint64_t behind = 0;        ///< visible messages above the cursor
    std::uint64_t seq = 0;           ///< the highest accepted one
    std::string version = {};        ///< of the program that serves it; empty: offline
    std::uint64_t connected_ms = 0;  ///< Unix time of its connection; 0: offline
    // Since the segment was made.
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t seen_ms = 0;  ///< Unix time when it last sent something; 0: never
    std::uint64_t logins = 0;
    std::uint64_t ended_ms = 0;  ///< Unix time of the last end of a session; 0: none
    std::vector<shm::EndReason> last_ends = {};  ///< at most eight, the newest first
};

/// A moment of a server, as its segment shows it.
struct Status {
    std::uint64_t now_ms;  ///< Unix time of the look
    key_t key;
    int shmid;
    std::uint64_t bytes;
    std::uint64_t attached;  ///< processes, without the one that looks
    std::string epoch;
    std::uint64_t first_id;
    std::uint64_t last_id;
    std::uint64_t visible_id;
    std::uint64_t stored_id;
    std::uint64_t capacity_bytes;
    std::uint64_t stored_bytes;   ///< of those in the ring; 0 without a store
    std::uint64_t visible_bytes;  ///< likewise: what may be shown
    std::uint64_t used_bytes;
    std::uint64_t created_ms;  ///< Unix time when the segment was made
    shm::Durability durability;
    shm::StoreState store_state;     ///< as the last archiver left it; means nothing with memory
    pid_t supervisor;                ///< 0: none lives
    pid_t archiver;                  ///< 0: none lives
    std::string supervisor_version;  ///< empty: none lives
    std::string archiver_version;    ///< empty: none lives
    std::uint64_t uptime_s;          ///< of the supervisor
    std::uint32_t port;
    bool stopping;
    std::uint32_t online;
    std::uint32_t max_online;
    std::uint32_t not_logged_in;  ///< connections
    std::uint64_t archiver_restarts;
    std::uint64_t refused_logins;
    std::array<std::uint64_t, shm::end_reasons> ends;  ///< of sessions, by EndReason
    Rate rate;                                         ///< of the last ten seconds
    Rate long_rate;                                    ///< of the last minute
    std::vector<ClientStatus> clients;
};

/// Reads the segment, without locks.
[[nodiscard]] Status read_status(const shm::FoundSegment& found);

void print_json(std::ostream& out, const Status& status);
void print_page(std::ostream& out, const Status& status);

/// Returns the word for the state of the store, or `none` if there is no store.
[[nodiscard]] std::string_view store_word(const Status& status) noexcept;

}  // namespace belfry::ctl
