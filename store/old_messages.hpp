#pragma once

#include "store/database.hpp"

#include <cstdint>

namespace belfry::store {

/// Scans the front of the log for messages that retention by age must delete. A time in the future
/// proves nothing about the age of its message. Such a message counts as being as old as the first
/// message after it whose time is not in the future. If there is none, the message is kept. Only
/// the writer of the store uses it.
class OldMessages {
  public:
    /// @param database must outlive the object
    explicit OldMessages(Database& database);

    /// Continues the scan by at most `max_rows` messages.
    /// @param first_id the oldest message in the store
    /// @param oldest_ms messages from before this time are too old; 0: no message is
    /// @return the first id that is not known to be too old. The scan continues there after the
    /// messages below it have been deleted. @throws StoreError
    [[nodiscard]] std::uint64_t end(std::uint64_t first_id, std::uint64_t oldest_ms,
                                    std::uint64_t now_ms, std::uint64_t max_rows);

    /// Tells whether the last call of end() stopped at `max_rows`, so that the scan is unfinished.
    [[nodiscard]] bool has_more() const noexcept { return next_ != 0; }

  private:
    void restart_scan() noexcept;
    void continue_scan(std::uint64_t oldest_ms, std::uint64_t now_ms, std::uint64_t max_rows);
    [[nodiscard]] bool is_first_kept(std::uint64_t id, std::uint64_t time_ms,
                                     std::uint64_t oldest_ms, std::uint64_t now_ms) noexcept;
    void finish_scan() noexcept;

    Statement select_;
    std::uint64_t oldest_ms_ = 0;  ///< as in the last call of end()
    std::uint64_t end_ = 0;
    std::uint64_t next_ = 0;  ///< where an unfinished scan continues; 0: it is finished
    /// The earliest time that the scan has met at or after end_; 0: none yet.
    std::uint64_t earliest_kept_ms_ = 0;
    /// No message is too old until oldest_ms is above this time. So the scan is not repeated every
    /// second when many messages at the front have times in the future.
    std::uint64_t nothing_old_before_ms_ = 0;
};

}  // namespace belfry::store
