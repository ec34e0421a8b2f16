#include "store/old_messages.hpp"

#include <algorithm>

namespace belfry::store {

OldMessages::OldMessages(Database& database)
    : select_{database, "SELECT id, time FROM messages WHERE id >= ? ORDER BY id LIMIT ?"} {}

std::uint64_t OldMessages::end(std::uint64_t first_id, std::uint64_t oldest_ms,
                               std::uint64_t now_ms, std::uint64_t max_rows) {
    // The clock was set back, or messages are kept for longer now, so earlier results may be wrong.
    if (oldest_ms < oldest_ms_) restart_scan();
    oldest_ms_ = oldest_ms;
    end_ = std::max(end_, first_id);
    const bool all_deleted = end_ == first_id;
    if (all_deleted && oldest_ms > nothing_old_before_ms_) {
        next_ = std::max(next_, first_id);
        continue_scan(oldest_ms, now_ms, max_rows);
    }
    return end_;
}

void OldMessages::restart_scan() noexcept {
    end_ = next_ = earliest_kept_ms_ = nothing_old_before_ms_ = 0;
}

void OldMessages::continue_scan(std::uint64_t oldest_ms, std::uint64_t now_ms,
                                std::uint64_t max_rows) {
    const ResetAtEnd reset_at_end{select_};
    select_.bind(1, next_).bind(2, max_rows);
    std::uint64_t seen = 0;
    for (; select_.step(); ++seen) {
        const std::uint64_t id = select_.number(0);
        if (is_first_kept(id, select_.number(1), oldest_ms, now_ms)) return finish_scan();
        next_ = id + 1;
    }
    if (seen < max_rows) finish_scan();
}

/// Looks at the next message. @return true if it is certain that this message is kept, so the scan
/// is finished
bool OldMessages::is_first_kept(std::uint64_t id, std::uint64_t time_ms, std::uint64_t oldest_ms,
                                std::uint64_t now_ms) noexcept {
    if (time_ms < oldest_ms) {
        end_ = id + 1;
        earliest_kept_ms_ = 0;
        return false;
    }
    earliest_kept_ms_ = earliest_kept_ms_ == 0 ? time_ms : std::min(earliest_kept_ms_, time_ms);
    return time_ms <= now_ms;
}

/// Finishes the scan, and notes before which time another one would find nothing. Messages that are
/// appended later do not matter for that, because the times of new messages never fall.
void OldMessages::finish_scan() noexcept {
    next_ = 0;
    nothing_old_before_ms_ = earliest_kept_ms_;
    earliest_kept_ms_ = 0;
}

}  // namespace belfry::store
