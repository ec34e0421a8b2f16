#pragma once

#include "shm/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The outbox of a node of a cluster: a ring of bytes to which sessions append what they have to
/// tell all nodes, and from which the replica publishes it. Here an entry is bytes; wire/entry.hpp
/// decodes it.
namespace belfry::shm {

/// Entries that are written after the end of the outbox, and become part of it by one commit
/// (14). Whoever uses it holds the log's lock, and calls announce_entries() after it has released
/// it. If the process dies before the commit, nothing is appended.
class OutboxBatch {
  public:
    explicit OutboxBatch(Segment& segment) noexcept;

    /// Writes an entry whose encoding is `head` and then `body`.
    /// @return false if there is no room for it until the replica has moved the head
    [[nodiscard]] bool add(std::string_view head, std::string_view body = {}) noexcept;

    /// Returns the position after the last entry.
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

    void commit() noexcept;

  private:
    void write(std::string_view bytes) noexcept;

    Segment* segment_;
    std::uint64_t limit_;  ///< the entries must not reach beyond it
    std::uint64_t end_;
};

/// Takes the log's lock, and appends one entry. Any process of the server may call it, without a
/// lock.
/// @return the position after it; 0 if there is no room
[[nodiscard]] std::uint64_t append_entry(Segment& segment, std::string_view head,
                                         std::string_view body = {}) noexcept;

/// Copies the bytes from one position to a later one, at most a whole outbox. Both must lie between
/// head and end. A process that does not itself move the head must look at it afterwards: what lies
/// below it may have been overwritten.
void copy_outbox(const Segment& segment, std::uint64_t from, std::uint64_t to, std::string& bytes);

}  // namespace belfry::shm
