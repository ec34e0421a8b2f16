#include "ctl/rate.hpp"

#include "store/log_record.hpp"

#include <algorithm>
#include <optional>

namespace belfry::ctl {
namespace {

/// A younger server counts as this old, so that the first messages do not give a huge rate.
constexpr std::uint64_t min_ms = 1000;

/// Returns the time of a message; nothing if it has left the ring or is damaged.
std::optional<std::uint64_t> time_of(const shm::Segment& segment, shm::LogReader& reader,
                                     std::uint64_t id) {
    shm::Chunk chunk;
    const auto result = reader.read(id, id, shm::LogReader::no_row, chunk);
    if (result != shm::LogReader::Result::copied) return {};
    const auto message = store::message_in(chunk, shm::index_entry(segment, chunk, id));
    if (!message) return {};
    return message->time_ms;
}

/// Finds the first message that is not older than `since_ms`. Messages that leave the ring
/// meanwhile count as older.
std::uint64_t first_since(const shm::Segment& segment, shm::LogReader& reader, std::uint64_t first,
                          std::uint64_t end, std::uint64_t since_ms) {
    while (first < end) {
        const std::uint64_t middle = first + (end - first) / 2;
        const auto time = time_of(segment, reader, middle);
        if (!time || *time < since_ms) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

std::uint64_t ms_between(std::uint64_t earlier, std::uint64_t later) noexcept {
    return std::max<std::uint64_t>(later - std::min(earlier, later), 1);
}

}  // namespace

Rate read_rate(const shm::Segment& segment, std::uint64_t window_ms, std::uint64_t now_ms) {
    shm::LogReader reader{segment, 0};
    const std::uint64_t end = segment.visible() + 1;
    const std::uint64_t oldest = std::min(segment.log().first_id.load(), end);
    const std::uint64_t since_ms = now_ms - std::min(window_ms, now_ms);
    const std::uint64_t first = first_since(segment, reader, oldest, end, since_ms);

    // Nothing can be counted from the time before the segment, or before the oldest message in the
    // ring.
    const std::uint64_t age_ms = ms_between(segment.geometry().created_ms, now_ms);
    std::uint64_t over_ms = std::min(window_ms, std::max(age_ms, min_ms));
    const std::uint64_t from = segment.position(first).load();
    const bool older_are_gone = first == oldest && from != 0;
    if (older_are_gone && first != end) {
        over_ms = std::min(over_ms,
                           ms_between(time_of(segment, reader, first).value_or(since_ms), now_ms));
    }
    const std::uint64_t to = std::max(segment.position(end).load(), from);
    const double over_s = static_cast<double>(over_ms) / 1000;
    return {static_cast<double>(end - first) / over_s, static_cast<double>(to - from) / over_s,
            over_s};
}

}  // namespace belfry::ctl
