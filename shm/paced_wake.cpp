#include "shm/paced_wake.hpp"

#include "shm/client_table.hpp"
#include "shm/session.hpp"

#include <sched.h>

#include <algorithm>

namespace belfry::shm {
namespace {

/// So few are woken in one go.
constexpr std::uint32_t few = 32;

/// How many are woken before they get the processor.
constexpr std::uint32_t portion = 2;

}  // namespace

void PacedWake::begin(std::chrono::steady_clock::duration spent) noexcept {
    Condition& news = segment_->log().new_messages;
    left_ = online();
    if (left_ <= few) {
        left_ = 0;
        return news.notify_all();
    }
    news.notify_group(wake_for_own);
    until_ = std::chrono::steady_clock::now() + spent / 8;
}

/// Sleepers stand in a queue, so as many wake-ups as there are sessions reach everybody who was
/// asleep at begin().
void PacedWake::step() noexcept {
    const std::uint32_t woken = segment_->log().new_messages.wake_some(portion, wake_for_messages);
    left_ = woken < portion ? 0 : left_ - std::min(left_, woken);
    ::sched_yield();
}

std::uint32_t PacedWake::online() noexcept {
    const std::uint32_t changes = segment_->log().presence_changes.load(std::memory_order_acquire);
    if (changes != counted_at_) {
        counted_at_ = changes;
        online_ = count_online(*segment_);
    }
    return online_;
}

}  // namespace belfry::shm
