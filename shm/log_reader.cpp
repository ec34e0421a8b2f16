#include "shm/log_reader.hpp"

#include "shm/log_writer.hpp"
#include "shm/ordering.hpp"

#include <algorithm>

namespace belfry::shm {
namespace {

/// @param start the position of the chunk's first record
IndexEntry entry_at(const Segment& segment, std::uint64_t start, std::uint64_t id) noexcept {
    const std::uint64_t at = segment.position(id).load(std::memory_order_relaxed);
    const std::uint64_t end = segment.position(id + 1).load(std::memory_order_relaxed);
    return {id, segment.seq(id).load(std::memory_order_relaxed),
            segment.sender(id).load(std::memory_order_relaxed), at - start, end - at};
}

std::uint64_t start_of(const Segment& segment, std::uint64_t first_id) noexcept {
    return segment.position(first_id).load(std::memory_order_relaxed);
}

}  // namespace

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
    // The index never holds so many records, but a damaged segment may claim any number of them.
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

/// Finds the last record that fits, by binary search, because positions only grow. The result is
/// below `from` if not even the first record fits, which only an overrun or a broken index can
/// cause.
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
    const std::uint64_t start = start_of(*segment_, from);
    for (std::uint64_t id = from; id <= to; ++id) {
        if (segment_->sender(id).load(std::memory_order_relaxed) != own_row) continue;
        own_.push_back(entry_at(*segment_, start, id));
    }
}

IndexEntry index_entry(const Segment& segment, const Chunk& chunk, std::uint64_t id) noexcept {
    return entry_at(segment, start_of(segment, chunk.first_id), id);
}

bool copy_index(const Segment& segment, const Chunk& chunk, std::vector<IndexEntry>& entries) {
    entries.clear();
    const std::uint64_t start = start_of(segment, chunk.first_id);
    for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
        entries.push_back(entry_at(segment, start, id));
    }
    order_loads();
    return segment.log().first_id.load(std::memory_order_acquire) <= chunk.first_id;
}

std::string_view record_in(const Chunk& chunk, const IndexEntry& entry) noexcept {
    if (entry.offset > chunk.bytes.size() || entry.bytes > chunk.bytes.size() - entry.offset) {
        return {};
    }
    return chunk.bytes.substr(entry.offset, entry.bytes);
}

}  // namespace belfry::shm
