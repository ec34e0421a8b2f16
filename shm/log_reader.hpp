#pragma once

#include "base/page_buffer.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// The index entry of a record in a chunk.
struct IndexEntry {
    std::uint64_t id;
    std::uint64_t seq;
    std::uint32_t row;   ///< of the sender
    std::size_t offset;  ///< in the chunk's bytes
    std::size_t bytes;
};

/// The records from first_id to last_id, copied out of the ring.
struct Chunk {
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::string_view bytes;
    std::span<const IndexEntry> own;  ///< the records of the reader's own client, in order
};

/// Copies records out of the log. Takes no lock and delays no other process. Each thread has its
/// own object.
class LogReader {
  public:
    /// @param capacity size of the buffer in bytes; raised to the size of the largest record
    LogReader(const Segment& segment, std::size_t capacity);

    enum class Result {
        copied,
        overrun,  ///< `from` is no longer in the ring; continue at the log's first_id
        broken,   ///< the index is wrong (2): a session aborts, a check reports it
    };

    /// Copies records from `from` up to at most `to`: as many as fit into the buffer, but at least
    /// one. The chunk is valid until the next call.
    /// @param to at most visible, and at least `from`
    /// @param own_row the client whose records are listed in Chunk::own; no_row: none are listed
    [[nodiscard]] Result read(std::uint64_t from, std::uint64_t to, std::uint32_t own_row,
                              Chunk& chunk);

    /// Gives the buffer's memory back until the next read, and invalidates the chunk.
    void release_buffer() noexcept { buffer_.release(); }

    static constexpr std::uint32_t no_row = 0xffff'ffff;

  private:
    [[nodiscard]] std::uint64_t last_that_fits(std::uint64_t from, std::uint64_t to) const noexcept;
    void list_own(std::uint64_t from, std::uint64_t to, std::uint32_t own_row);
    void copy_ring(std::uint64_t position, std::size_t count) noexcept;

    const Segment* segment_;
    base::PageBuffer buffer_;
    std::vector<IndexEntry> own_;
};

/// Reads the index entry of a record in the chunk. It may be called only while the record cannot be
/// given up, because it is not stored yet (4) or nobody writes to the log any more. Otherwise use
/// copy_index().
[[nodiscard]] IndexEntry index_entry(const Segment& segment, const Chunk& chunk,
                                     std::uint64_t id) noexcept;

/// Copies the index entries of all records in the chunk, in order. Any process may call it; it
/// takes no lock.
/// @return false if the ring has moved on, so that some entries may be those of other messages (3);
/// read the chunk again
[[nodiscard]] bool copy_index(const Segment& segment, const Chunk& chunk,
                              std::vector<IndexEntry>& entries);

/// Returns the bytes of a record in the chunk; none if the index is wrong (2).
[[nodiscard]] std::string_view record_in(const Chunk& chunk, const IndexEntry& entry) noexcept;

}  // namespace belfry::shm
