#pragma once

#include "shm/log_writer.hpp"
#include "shm/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace belfry::shm {

/// Records that are written after the end of the log, and become part of it by one commit (1).
/// Whoever uses it holds the lock.
class LogBatch {
  public:
    /// @param max_first_id first_id may not move past it (4)
    /// @param time_ms of its messages, at least last_time_ms of the log (13)
    LogBatch(Segment& segment, std::uint64_t max_first_id, std::uint64_t time_ms) noexcept;

    struct Record {
        std::string_view sender;
        std::uint32_t row;  ///< of the sender
        std::uint64_t seq;
        std::string_view body;
    };
    enum class Added {
        added,
        full,      ///< the batch has its greatest size; commit it, and begin another
        no_space,  ///< older records would have to be given up that are not stored (4)
    };
    /// Writes the next record. Its time is time_ms().
    [[nodiscard]] Added add(const Record& record, const RecordFormat& format) noexcept;

    /// Sets the time of the records that are added from now on. It must not decrease.
    void set_time(std::uint64_t time_ms) noexcept { time_ms_ = time_ms; }

    /// Returns the id of the last record; that of the log if none was added.
    [[nodiscard]] std::uint64_t last_id() const noexcept { return last_id_; }
    [[nodiscard]] bool is_empty() const noexcept { return last_id_ == committed_; }

    /// Makes the records part of the log (1). The caller then derives the seqs (6).
    void commit() noexcept;

  private:
    [[nodiscard]] bool make_room(std::uint64_t record_bytes) noexcept;
    void write(const char* from, std::size_t count) noexcept;

    Segment* segment_;
    std::span<char> ring_;
    std::uint64_t committed_;  ///< last_id of the log
    std::uint64_t last_id_;    ///< of the batch
    std::uint64_t start_;      ///< absolute position of the first record
    std::uint64_t end_;        ///< absolute position after the last record
    std::size_t ring_offset_;  ///< of `end_` in the ring
    std::uint64_t first_id_;   ///< first_id of the log, which this batch may have moved
    std::uint64_t max_first_id_;
    std::uint64_t time_ms_;
};

}  // namespace belfry::shm
