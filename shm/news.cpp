#include "shm/news.hpp"

#include "shm/session.hpp"

#include <limits>

namespace belfry::shm {
namespace {

/// The group of the session in that slot. A few other slots share it, because a condition has only
/// 32 groups.
constexpr std::uint32_t wake_for_slot(std::uint32_t slot) noexcept {
    return std::uint32_t{4} << slot % 30;
}

}  // namespace

void announce_appended(Segment& segment) noexcept {
    const Durability durability = segment.durability();
    if (durability != Durability::memory) segment.archiver().wake.notify_all();
    if (durability != Durability::commit) segment.log().new_messages.notify_all();
}

void announce_entries(Segment& segment) noexcept {
    segment.archiver().wake.notify_group(wake_for_entries);
}

void announce_received(Segment& segment) noexcept {
    segment.archiver().wake.notify_group(wake_for_work);
}

void wait_until_applied(Segment& segment, std::uint64_t position,
                        Condition::Clock::time_point deadline) noexcept {
    segment.log().space.wait_until(deadline, [&segment, position] {
        return segment.outbox().head.load(std::memory_order_acquire) >= position;
    });
}

void publish_applied(Segment& segment, std::uint64_t position) noexcept {
    segment.outbox().head.store(position, std::memory_order_release);
    segment.log().space.notify_all();
}

void announce_presence(Segment& segment) noexcept {
    segment.log().presence_changes.fetch_add(1, std::memory_order_acq_rel);
    segment.log().new_messages.notify_group(wake_for_presence);
    segment.log().news_of_senders.notify_group(wake_for_presence);
}

std::uint32_t presence_count(const Segment& segment) noexcept {
    return segment.log().presence_changes.load(std::memory_order_acquire);
}

void wait_until_visible(Segment& segment, std::uint64_t id,
                        Condition::Clock::time_point deadline) noexcept {
    segment.log().news_of_senders.wait_until(deadline,
                                             [&segment, id] { return segment.visible() >= id; });
}

void wait_for_take_over(Segment& segment, const Session& session,
                        Condition::Clock::time_point deadline) noexcept {
    segment.log().new_messages.wait_until(deadline, [&session] { return !session.is_current(); });
}

void publish_stored(Segment& segment, std::span<const std::uint64_t> seqs,
                    std::uint64_t id) noexcept {
    // The seqs come first: see Session::login().
    for (std::uint32_t row = 0; row < seqs.size(); ++row) {
        if (seqs[row] == 0) continue;
        segment.client(row).stored_seq.store(seqs[row], std::memory_order_release);
    }
    segment.log().stored_id.store(id, std::memory_order_release);
    segment.log().space.notify_all();
}

void wake_archiver(const Segment& segment) noexcept {
    segment.archiver().wake.wake_everybody();
}

void wake_everybody(Segment& segment) noexcept {
    segment.log().new_messages.wake_everybody();
    segment.log().news_of_senders.wake_everybody();
    segment.log().space.wake_everybody();
    segment.archiver().wake.wake_everybody();
}

bool SessionNews::wait_until(Condition::Clock::time_point deadline, const Wanted& wanted) noexcept {
    const auto is_paced = [this] { return segment_->durability() == Durability::commit; };
    const bool paced = is_paced();
    const bool apart = paced && (wanted.has_sent || awaits_sent());
    const bool in_crowd = paced && !apart;
    const std::uint64_t position = position_.load(std::memory_order_relaxed);  // our own store
    LogHeader& log = segment_->log();
    Condition& news = apart ? log.news_of_senders : log.new_messages;
    const std::uint32_t groups = wake_for_messages | wake_for_slot(slot_) |
                                 (wanted.presence.has_value() ? wake_for_presence : 0);
    const auto is_over = [&] {
        return segment_->visible() > position ||
               (wanted.presence && *wanted.presence != presence_count(*segment_)) ||
               is_paced() != paced || (in_crowd && awaits_sent());
    };
    in_crowd_.store(in_crowd);
    const bool any = news.wait_until(deadline, is_over, groups);
    in_crowd_.store(false);
    return any;
}

void SessionNews::announce_own() noexcept {
    last_own_.store(std::numeric_limits<std::uint64_t>::max());
    if (in_crowd_.load()) segment_->log().new_messages.notify_group(wake_for_slot(slot_));
}

void StoredNews::announce() noexcept {
    if (segment_->durability() == Durability::commit) wake_.begin();
}

}  // namespace belfry::shm
