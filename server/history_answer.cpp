#include "server/history_answer.hpp"

#include "wire/frame_parser.hpp"
#include "wire/print.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <variant>

namespace belfry::server {
namespace {

constexpr std::size_t page_bytes = 64 << 10;

/// The ids from `first` on, as many as `count`, never past the largest number.
std::uint64_t last_of(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() - first;
    return first + std::min(count, most) - 1;
}

}  // namespace

HistoryAnswer::HistoryAnswer(const shm::Segment& segment, const std::filesystem::path& data_dir,
                             const wire::History& asked)
    : segment_{&segment},
      reader_{segment, page_bytes},
      past_{segment, data_dir},
      next_{std::max<std::uint64_t>(asked.first_id, 1)},
      to_{std::min(segment.visible(), last_of(next_, asked.count))} {}

HistoryAnswer::Step HistoryAnswer::print_next(std::string& out) {
    if (next_ > to_) {
        wire::print(out, told_);
        return Step::end;
    }
    shm::Chunk chunk;
    switch (reader_.read(next_, to_, shm::LogReader::no_row, chunk)) {
        case shm::LogReader::Result::copied:
            print_past(out, chunk.bytes);
            count_to(chunk.last_id + 1);
            return Step::page;
        case shm::LogReader::Result::overrun:
            return print_stored(out);
        case shm::LogReader::Result::broken:
            break;
    }
    std::abort();
}

HistoryAnswer::Step HistoryAnswer::print_stored(std::string& out) {
    const std::uint64_t ring = segment_->log().first_id.load(std::memory_order_acquire);
    const auto page =
        past_.read(next_, std::min(to_, ring - 1), [&out](const store::Message& message) {
            wire::print(out, wire::Message{true, message.id, message.sender, message.time_ms,
                                           message.body});
            return out.size() < page_bytes;
        });
    if (page.next == next_ && page.missing_to == 0) return Step::later;
    if (page.next != next_) {
        count_to(page.next);
    } else {
        next_ = page.missing_to + 1;
    }
    return Step::page;
}

void HistoryAnswer::count_to(std::uint64_t next) {
    if (told_.first_id == 0) told_.first_id = next_;
    told_.last_id = next - 1;
    next_ = next;
}

void print_past(std::string& out, std::string_view records) {
    while (!records.empty()) {
        const wire::FrameStep step = wire::next_frame(records);
        wire::Message message = std::get<wire::Message>(step.frame.value());
        message.past = true;
        wire::print(out, message);
        records.remove_prefix(step.consumed);
    }
}

}  // namespace belfry::server
