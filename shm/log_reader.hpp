#pragma once

#include "base/page_buffer.hpp"
#include "shm/segment.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace belfry::shm {

/// A record that the reader's own client has sent, in a chunk.
struct OwnRecord {
    std::uint64_t id;
    std::uint64_t seq;
    std::size_t offset;  ///< in the chunk's bytes
    std::size_t bytes;
};

/// Records first_id to last_id, one behind the other, copied out of the ring.
struct Chunk {
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::string_view bytes;
    std::span<const OwnRecord> own;  ///< in order
};

/// Copies records out of the log. Takes no lock and hinders nobody. One per thread.
class LogReader {
  public:
    /// @param capacity bytes of the private copy; raised to what the largest record takes
    LogReader(const Segment& segment, std::size_t capacity);

    enum class Result {
        copied,
        overrun,  ///< `from` is no longer in the ring; go on at the log's first_id
        broken,   ///< the index is wrong (2): a session aborts, a checker reports
    };

    /// Copies records from `from` up to at most `to`, as many as the buffer holds, at least one.
    /// The chunk is valid until the next call.
    /// @param to at most visible, and at least `from`
    /// @param own_row the client whose records are listed as own; no_row: none are
    [[nodiscard]] Result read(std::uint64_t from, std::uint64_t to, std::uint32_t own_row,
                              Chunk& chunk);

    /// Gives the buffer's memory back until the next read. The chunk is not valid any more.
    void release_buffer() noexcept { buffer_.release(); }

    static constexpr std::uint32_t no_row = 0xffff'ffff;

  private:
    [[nodiscard]] std::uint64_t last_that_fits(std::uint64_t from, std::uint64_t to) const noexcept;
    void list_own(std::uint64_t from, std::uint64_t to, std::uint32_t own_row);
    void copy_ring(std::uint64_t position, std::size_t count) noexcept;

    const Segment* segment_;
    base::PageBuffer buffer_;
    std::vector<OwnRecord> own_;
};

/// Copies the seqs of a chunk's records, in order. Any process, no lock.
/// @return false: the ring has moved on, and some of them may be other messages' (3); read again
[[nodiscard]] bool copy_seqs(const Segment& segment, const Chunk& chunk,
                             std::vector<std::uint64_t>& seqs);

}  // namespace belfry::shm
