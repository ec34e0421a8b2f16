#include "shm/outbox.hpp"

#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "shm/ordering.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>
#include <cstring>

namespace belfry::shm {

OutboxBatch::OutboxBatch(Segment& segment) noexcept
    : segment_{&segment},
      limit_{segment.outbox().head.load(std::memory_order_acquire) +
             segment.geometry().outbox_bytes},
      end_{segment.outbox().end.load(std::memory_order_relaxed)} {}

bool OutboxBatch::add(std::string_view head, std::string_view body) noexcept {
    if (end_ + head.size() + body.size() > limit_) return false;
    write(head);
    write(body);
    return true;
}

void OutboxBatch::write(std::string_view bytes) noexcept {
    if (bytes.empty()) return;  // memcpy() must not get a null pointer, even with a count of 0
    const std::span<char> ring = segment_->outbox_ring();
    const auto offset = static_cast<std::size_t>(end_ % ring.size());
    const std::size_t before_wrap = std::min(bytes.size(), ring.size() - offset);
    std::memcpy(ring.data() + offset, bytes.data(), before_wrap);
    std::memcpy(ring.data(), bytes.data() + before_wrap, bytes.size() - before_wrap);
    end_ += bytes.size();
}

void OutboxBatch::commit() noexcept {
    segment_->outbox().end.store(end_, std::memory_order_release);
}

std::uint64_t append_entry(Segment& segment, std::string_view head,
                           std::string_view body) noexcept {
    std::uint64_t end = 0;
    {
        LogLock lock{segment};
        const boost::interprocess::scoped_lock guard{lock};
        OutboxBatch batch{segment};
        if (!batch.add(head, body)) return 0;
        batch.commit();
        end = batch.end();
    }
    announce_entries(segment);
    return end;
}

void copy_outbox(const Segment& segment, std::uint64_t from, std::uint64_t to, std::string& bytes) {
    const std::span<const char> ring = segment.outbox_ring();
    const auto offset = static_cast<std::size_t>(from % ring.size());
    const auto count = static_cast<std::size_t>(to - from);
    const std::size_t before_wrap = std::min(count, ring.size() - offset);
    bytes.resize(count);
    copy_unchecked(bytes.data(), ring.data() + offset, before_wrap);
    copy_unchecked(bytes.data() + before_wrap, ring.data(), count - before_wrap);
}

}  // namespace belfry::shm
