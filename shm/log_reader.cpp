#include "shm/log_reader.hpp"

#include "shm/log_writer.hpp"
#include "shm/ordering.hpp"

#include <algorithm>

namespace belfry::shm {

LogReader::LogReader(const Segment& segment, std::size_t capacity)
    : segment_{&segment},
      buffer_{std::max<std::size_t>(capacity,
                                    segment.geometry().max_payload + 2 * RecordFormat::max_head)} {}

LogReader::Result LogReader::read(std::uint64_t from, std::uint64_t to, std::uint32_t own_row,
                                  Chunk& chunk) {
    const auto still_there = [&] {
        order_loads();
        return segment_->log().first_id.load(std::memory_order_acquire) <= from;
    };
    if (!still_there()) return Result::overrun;
    // So many records are in no index: a damaged segment may claim any number of them.
    if (to - from >= segment_->geometry().index_entries) {
        return still_there() ? Result::broken : Result::overrun;
    }
    const std::uint64_t last = last_that_fits(from, to);
    const std::uint64_t start = segment_->position(from).load(std::memory_order_relaxed);
    const std::uint64_t bytes =
        segment_->position(last + 1).load(std::memory_order_relaxed) - start;
    if (last < from || bytes > std::min(buffer_.size(), segment_->ring().size())) {
        // Either the index was overwritten while it was read, or the log is broken.
        return still_there() ? Result::broken : Result::overrun;
    }
    copy_ring(start, bytes);
    list_own(from, last, own_row);
    if (!still_there()) return Result::overrun;  // (3): only now may the copy be used
    chunk = {from, last, {buffer_.data(), bytes}, own_};
    return Result::copied;
}

/// Positions only grow, so the last record that fits is found by halving. Below `from` where not
/// even the first one fits, which only an overrun can cause.
std::uint64_t LogReader::last_that_fits(std::uint64_t from, std::uint64_t to) const noexcept {
    const std::uint64_t start = segment_->position(from).load(std::memory_order_relaxed);
    const auto fits = [&](std::uint64_t last) {
        return segment_->position(last + 1).load(std::memory_order_relaxed) - start <=
               buffer_.size();
    };
    if (fits(to)) return to;
    std::uint64_t fitting = from - 1;
    std::uint64_t too_far = to;
    while (too_far - fitting > 1) {
        const std::uint64_t middle = fitting + (too_far - fitting) / 2;
        (fits(middle) ? fitting : too_far) = middle;
    }
    return fitting;
}

void LogReader::copy_ring(std::uint64_t position, std::size_t count) noexcept {
    const std::span<char> ring = segment_->ring();
    const auto offset = static_cast<std::size_t>(position % ring.size());
    const std::size_t before_wrap = std::min(count, ring.size() - offset);
    copy_unchecked(buffer_.data(), ring.data() + offset, before_wrap);
    copy_unchecked(buffer_.data() + before_wrap, ring.data(), count - before_wrap);
}

void LogReader::list_own(std::uint64_t from, std::uint64_t to, std::uint32_t own_row) {
    own_.clear();
    if (own_row == no_row) return;
    const std::uint64_t start = segment_->position(from).load(std::memory_order_relaxed);
    for (std::uint64_t id = from; id <= to; ++id) {
        if (segment_->sender(id).load(std::memory_order_relaxed) != own_row) continue;
        const std::uint64_t at = segment_->position(id).load(std::memory_order_relaxed);
        const std::uint64_t end = segment_->position(id + 1).load(std::memory_order_relaxed);
        own_.push_back(
            {id, segment_->seq(id).load(std::memory_order_relaxed), at - start, end - at});
    }
}

bool copy_seqs(const Segment& segment, const Chunk& chunk, std::vector<std::uint64_t>& seqs) {
    seqs.clear();
    for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
        seqs.push_back(segment.seq(id).load(std::memory_order_relaxed));
    }
    order_loads();
    return segment.log().first_id.load(std::memory_order_acquire) <= chunk.first_id;
}

}  // namespace belfry::shm
