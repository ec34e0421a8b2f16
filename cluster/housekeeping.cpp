#include "cluster/housekeeping.hpp"

#include "shm/news.hpp"

#include <chrono>

namespace belfry::cluster {

using Clock = shm::Condition::Clock;

Housekeeping::Housekeeping(shm::Segment& segment, SessionEntries& entries, Retention& retention,
                           const Window& window)
    : segment_{&segment}, entries_{&entries}, retention_{&retention}, window_{&window} {}

void Housekeeping::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds interval{1};
    auto next = Clock::now();
    while (!stop.stop_requested()) {
        const std::uint32_t presence = shm::presence_count(*segment_);
        entries_->append_logouts();
        if (Clock::now() >= next) {
            next = Clock::now() + interval;
            entries_->append_cursors();
            if (window_->is_held()) retention_->append_trims();
        }
        shm::wait_for_presence(*segment_, next, [this, &stop, presence] {
            return shm::presence_count(*segment_) != presence || stop.stop_requested();
        });
    }
}

}  // namespace belfry::cluster
