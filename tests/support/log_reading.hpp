#pragma once

#include "shm/log_reader.hpp"
#include "tests/support/plain_record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace belfry::test {

/// An owning copy of a record.
struct KeptRecord {
    std::uint64_t id;
    std::string sender;
    std::string body;
    bool operator==(const KeptRecord&) const = default;
};

/// Reads the records `from` to `to`, in as many chunks as necessary. Stops early at an overrun.
[[nodiscard]] inline std::vector<KeptRecord> read_records(const shm::Segment& segment,
                                                          std::uint64_t from, std::uint64_t to,
                                                          std::size_t capacity = 1 << 16) {
    shm::LogReader reader{segment, capacity};
    std::vector<KeptRecord> kept;
    shm::Chunk chunk;
    while (from <= to &&
           reader.read(from, to, shm::LogReader::no_row, chunk) == shm::LogReader::Result::copied) {
        for (const PlainRecord& record : records_in(chunk.bytes)) {
            kept.push_back({record.id, std::string{record.sender}, std::string{record.body}});
        }
        from = chunk.last_id + 1;
    }
    return kept;
}

/// Reads all records in the ring.
[[nodiscard]] inline std::vector<KeptRecord> read_ring(const shm::Segment& segment) {
    return read_records(segment, segment.log().first_id.load(), segment.log().last_id.load());
}

}  // namespace belfry::test
