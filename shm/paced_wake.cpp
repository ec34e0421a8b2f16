#include "shm/paced_wake.hpp"

#include "shm/news.hpp"
#include "shm/session_slots.hpp"

namespace belfry::shm {
namespace {

/// Up to this many sessions are all woken at once.
constexpr std::uint32_t small_room = 32;

/// In a stream of commits each session is woken once in a round. A round is so long that each
/// commit wakes one session, within these bounds. Waking readers less often saves little, because
/// most of their cost is the bytes that they read in any case. But if commits are slow because the
/// processors are busy, more readers make them slower.
constexpr std::chrono::nanoseconds min_round = std::chrono::milliseconds{250};
constexpr std::chrono::nanoseconds max_round = std::chrono::milliseconds{500};

/// The least time for which a reader's turn occupies a processor. Commits are a stream if they come
/// faster than all readers could have their turn.
constexpr std::chrono::nanoseconds turn_of_one = std::chrono::microseconds{5};

/// A stream has ended when nothing has come for twice the last interval, within these bounds.
constexpr std::chrono::nanoseconds min_pause = std::chrono::milliseconds{1};
constexpr std::chrono::nanoseconds max_pause = std::chrono::milliseconds{10};

/// The pause after a few readers were woken, so that they do not keep a sender from the processors.
/// The kernel's timer slack doubles it.
constexpr std::chrono::nanoseconds turn_of_a_few = std::chrono::microseconds{50};

/// The first commit after a pause, in which all were woken, wakes no more sessions than a stream
/// would in this time, because a stream may be about to begin.
constexpr std::chrono::nanoseconds share_after_a_pause = std::chrono::milliseconds{10};

/// Counts the sessions that may stand in the queue. These are more than the online ones: a session
/// that has left or was taken over sleeps in the queue until its process ends, and would otherwise
/// take the turn of another.
std::uint32_t count_sessions(const Segment& segment) noexcept {
    std::uint32_t count = 0;
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        if (is_logged_in(segment, slot)) ++count;
    }
    return count;
}

}  // namespace

void PacedWake::begin() noexcept {
    LogHeader& log = segment_->log();
    log.news_of_senders.notify_all();
    const auto now = std::chrono::steady_clock::now();
    const auto between = std::min<std::chrono::nanoseconds>(now - begun_, max_round);
    begun_ = now;
    const bool all_were_woken = !has_more();
    left_ = sessions();
    if (left_ <= small_room) {
        left_ = 0;
        return log.new_messages.notify_all();
    }
    log.new_messages.announce();
    wake_share_of(all_were_woken ? std::min(between, share_after_a_pause) : between,
                  std::clamp(between * left_, min_round, max_round));
    const bool is_stream = between < turn_of_one * left_;
    timeout_ = is_stream ? std::clamp(2 * between, min_pause, max_pause) : min_pause;
}

void PacedWake::wake_share_of(std::chrono::nanoseconds time,
                              std::chrono::nanoseconds round) noexcept {
    due_ += static_cast<double>(left_) * static_cast<double>(time.count()) /
            static_cast<double>(round.count());
    const auto count = static_cast<std::uint32_t>(due_);
    due_ -= count;
    if (count != 0) wake(count);
}

void PacedWake::step() noexcept {
    wake(a_few_);
    timeout_ = turn_of_a_few;
}

/// Sleepers stand in a queue, so as many wake-ups as there are sessions reach every session that
/// was asleep at begin(). A thread that waits there for presence alone must not take the turn of
/// one.
void PacedWake::wake(std::uint32_t count) noexcept {
    const std::uint32_t woken = segment_->log().new_messages.wake_some(count, wake_for_messages);
    left_ = woken < count ? 0 : left_ - std::min(left_, count);
}

std::uint32_t PacedWake::sessions() noexcept {
    const std::uint32_t changes = segment_->log().presence_changes.load(std::memory_order_acquire);
    if (changes != counted_at_) {
        counted_at_ = changes;
        sessions_ = count_sessions(*segment_);
    }
    return sessions_;
}

}  // namespace belfry::shm
