#pragma once

#include "shm/segment_file.hpp"

#include <sys/types.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace belfry::inspect {

struct ClientStatus {
    std::string id;
    bool online;
    pid_t pid;  ///< 0: offline
    std::uint64_t cursor;
    std::uint64_t behind;  ///< visible messages above the cursor
    std::uint64_t seq;     ///< the highest accepted one
};

/// A moment of a server, as its segment shows it.
struct Status {
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
    std::uint64_t used_bytes;
    shm::Durability durability;
    shm::StoreState store_state;  ///< as the last archiver left it; means nothing with memory
    pid_t supervisor;             ///< 0: none lives
    pid_t archiver;               ///< 0: none lives
    std::vector<ClientStatus> clients;
};

/// Reads the segment, without locks.
[[nodiscard]] Status read_status(const shm::FoundSegment& found);

void print_json(std::ostream& out, const Status& status);
void print_page(std::ostream& out, const Status& status);

}  // namespace belfry::inspect
