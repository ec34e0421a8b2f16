#include "store/wal_restart.hpp"

#include "base/clock.hpp"

namespace belfry::store {
namespace {

constexpr std::int64_t pause_ms = 400;
constexpr std::int64_t pause_interval_ms = 1000;

}  // namespace

void WalRestart::step(StoreWriter& writer) {
    const std::int64_t now_ms = base::steady_ms();
    if (restart_at_ms_ == 0) {
        if (now_ms >= next_pause_ms_) request_pause(now_ms);
        return;
    }
    if (now_ms < restart_at_ms_) return;
    restart_at_ms_ = 0;
    writer.restart_wal();
    segment_->archiver().no_reads_until_ms.store(0, std::memory_order_relaxed);
}

void WalRestart::request_pause(std::int64_t now_ms) noexcept {
    segment_->archiver().no_reads_until_ms.store(now_ms + pause_ms, std::memory_order_relaxed);
    restart_at_ms_ = now_ms + pause_ms / 2;
    next_pause_ms_ = now_ms + pause_interval_ms;
}

}  // namespace belfry::store
