#include "shm/log_batch.hpp"

#include "shm/ordering.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace belfry::shm {

LogBatch::LogBatch(Segment& segment, std::uint64_t max_first_id, std::uint64_t time_ms) noexcept
    : segment_{&segment},
      ring_{segment.ring()},
      committed_{segment.log().last_id.load(std::memory_order_relaxed)},
      last_id_{committed_},
      start_{segment.position(committed_ + 1).load(std::memory_order_relaxed)},
      end_{start_},
      ring_offset_{static_cast<std::size_t>(end_ % ring_.size())},
      first_id_{segment.log().first_id.load(std::memory_order_relaxed)},
      max_first_id_{max_first_id},
      time_ms_{time_ms} {}

void LogBatch::write(const char* from, std::size_t count) noexcept {
    if (count == 0) return;  // memcpy() must not get a null pointer, even with a count of 0
    const std::size_t before_wrap = std::min(count, ring_.size() - ring_offset_);
    std::memcpy(ring_.data() + ring_offset_, from, before_wrap);
    std::memcpy(ring_.data(), from + before_wrap, count - before_wrap);
    ring_offset_ += count;
    if (ring_offset_ >= ring_.size()) ring_offset_ -= ring_.size();
    end_ += count;
}

LogBatch::Added LogBatch::add(const Record& record, const RecordFormat& format) noexcept {
    const std::uint64_t id = last_id_ + 1;
    std::array<char, RecordFormat::max_head> head;
    const std::size_t head_bytes =
        format.print_head(head, id, record.sender, time_ms_, record.body.size());
    const std::uint64_t bytes = head_bytes + record.body.size() + format.tail.size();
    if (end_ - start_ + bytes > ring_.size() / batch_part ||
        id - committed_ > segment_->geometry().index_entries / batch_part) {
        return Added::full;
    }
    if (!make_room(bytes)) return Added::no_space;
    write(head.data(), head_bytes);
    write(record.body.data(), record.body.size());
    write(format.tail.data(), format.tail.size());
    last_id_ = id;
    segment_->sender(id).store(record.row, std::memory_order_relaxed);
    segment_->seq(id).store(record.seq, std::memory_order_relaxed);
    segment_->position(id + 1).store(end_, std::memory_order_relaxed);
    return Added::added;
}

/// Gives up the oldest records until one more record fits, with its index entry and the entry of
/// the end (3). If the process dies after this, only those records are lost.
/// @return false if they cannot be given up, because they are not stored
bool LogBatch::make_room(std::uint64_t record_bytes) noexcept {
    const std::uint64_t new_end = end_ + record_bytes;
    const std::uint64_t entries = segment_->geometry().index_entries;
    std::uint64_t first = first_id_;
    while (new_end - segment_->position(first).load(std::memory_order_relaxed) > ring_.size() ||
           last_id_ + 2 - first >= entries) {
        ++first;
    }
    if (first == first_id_) return true;
    if (first > max_first_id_) return false;
    first_id_ = first;
    segment_->log().first_id.store(first, std::memory_order_relaxed);
    order_stores();
    return true;
}

void LogBatch::commit() noexcept {
    LogHeader& log = segment_->log();
    log.last_time_ms.store(time_ms_, std::memory_order_relaxed);  // (13)
    log.last_id.store(last_id_, std::memory_order_release);       // the commit point (1)
    committed_ = last_id_;
    start_ = end_;
}

}  // namespace belfry::shm
