#include "server/history_answer.hpp"

#include "store/log_record.hpp"
#include "wire/print.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace belfry::server {
namespace {

constexpr std::size_t page_bytes = 64 << 10;

/// Returns the last of the `count` ids from `first` on, or a smaller id if that one would overflow.
std::uint64_t last_of(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max() - first;
    return first + std::min(count, most) - 1;
}

void print_past(std::string& out, const store::Message& message) {
    wire::print(out,
                wire::Message{true, message.id, message.sender, message.time_ms, message.body});
}

}  // namespace

HistoryAnswer::HistoryAnswer(const shm::Segment& segment, StoreCursor& store,
                             const wire::History& asked)
    : segment_{&segment},
      reader_{segment, page_bytes},
      store_{&store},
      next_{std::max<std::uint64_t>(asked.first_id, 1)},
      to_{std::min(segment.visible(), last_of(next_, asked.count))} {}

HistoryAnswer::Step HistoryAnswer::print_next(std::string& out) {
    if (next_ > to_ || printed_ == max_messages) {
        wire::print(out, end_);
        return Step::end;
    }
    shm::Chunk chunk;
    switch (reader_.read(next_, last_of_page(), shm::LogReader::no_row, chunk)) {
        case shm::LogReader::Result::copied:
            if (!shm::copy_index(*segment_, chunk, entries_)) return print_stored(out);
            for (const shm::IndexEntry& entry : entries_) {
                // A damaged record is left out. `belfryctl check` reports it.
                if (const auto message = store::message_in(chunk, entry)) print_past(out, *message);
            }
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
    const auto page = store_->read(next_, std::min(last_of_page(), ring - 1),
                                   [&out](const store::Message& message) {
                                       print_past(out, message);
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
    if (end_.first_id == 0) end_.first_id = next_;
    end_.last_id = next - 1;
    printed_ += next - next_;
    next_ = next;
}

/// Returns the last id that the answer may still reach.
std::uint64_t HistoryAnswer::last_of_page() const noexcept {
    return std::min(to_, next_ + (max_messages - printed_) - 1);
}

}  // namespace belfry::server
