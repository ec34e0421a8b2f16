#pragma once

#include "store/database.hpp"

#include <cstdint>

namespace belfry::store {

/// Finds the messages at the front of the log that are too old to be kept. A time above now proves
/// nothing about the age of its message, so it counts as the time of the first message after it
/// that is not above now. Without such a message the age is unknown, and the message is kept.
/// Belongs to the writer of the store.
class OldMessages {
  public:
    explicit OldMessages(Database& database);

    /// Goes on with the search, by at most `max_rows` messages in one call.
    /// @param first_id the oldest message in the store
    /// @param oldest_ms messages from before that time are too old; 0: none is
    /// @return the first id that is not known to be too old. The search goes on behind it after the
    /// messages below it have been deleted. @throws StoreError
    [[nodiscard]] std::uint64_t end(std::uint64_t first_id, std::uint64_t oldest_ms,
                                    std::uint64_t now_ms, std::uint64_t max_rows);

    /// Whether there are messages that the last call of end() did not reach.
    [[nodiscard]] bool has_more() const noexcept { return next_ != 0; }

  private:
    void start_again() noexcept;
    void look_on(std::uint64_t oldest_ms, std::uint64_t now_ms, std::uint64_t max_rows);
    [[nodiscard]] bool is_decided_by(std::uint64_t id, std::uint64_t time_ms,
                                     std::uint64_t oldest_ms, std::uint64_t now_ms) noexcept;
    void finish() noexcept;

    Statement select_;
    std::uint64_t oldest_ms_ = 0;  ///< of the last call
    std::uint64_t end_ = 0;
    std::uint64_t next_ = 0;  ///< where an unfinished search goes on; 0: none is unfinished
    /// The earliest time that the search has met behind end_; 0: none.
    std::uint64_t earliest_kept_ms_ = 0;
    /// Nothing becomes too old before `oldest_ms` is above it. So the search is not repeated every
    /// second where many messages at the front have times above now.
    std::uint64_t idle_until_ms_ = 0;
};

}  // namespace belfry::store
