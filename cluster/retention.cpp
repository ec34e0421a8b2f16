#include "cluster/retention.hpp"

#include "base/clock.hpp"
#include "cluster/apply.hpp"
#include "cluster/session_entries.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace belfry::cluster {
namespace {

/// The most entries of one call.
constexpr std::uint64_t max_entries = 64;

}  // namespace

Retention::Retention(shm::Segment& segment, std::filesystem::path data_dir, const StoredLog& stored,
                     Report report)
    : segment_{&segment},
      data_dir_{std::move(data_dir)},
      stored_{&stored},
      clock_{segment.archiver().clock_offset_ms.load(), report},
      report_{std::move(report)} {}

void Retention::append_trims() {
    const std::uint64_t first_kept = std::max(first_kept_by_number(), first_kept_by_age());
    std::uint64_t next = std::max(stored_->first_id.load(), trimmed_);
    const std::string node = shm::shared_text(segment_->cluster().node);
    std::vector<wire::Entry> entries;
    while (next < first_kept && entries.size() < max_entries) {
        next = std::min(first_kept, next + max_trimmed);
        entries.push_back({.kind = wire::EntryKind::trim,
                           .name = node,
                           .login = 0,
                           .number = next,
                           .time_ms = base::unix_ms(),
                           .body = {}});
    }
    const std::size_t appended = append_entries(*segment_, entries);
    if (appended != 0) trimmed_ = entries[appended - 1].number;
}

/// Returns the first id that --keep-messages keeps.
std::uint64_t Retention::first_kept_by_number() const noexcept {
    const std::uint64_t keep = segment_->archiver().keep_messages.load();
    const std::uint64_t last = stored_->last_id;
    return keep != 0 && last > keep ? last - keep + 1 : 0;
}

/// Returns the first id that --keep-days keeps, as far as the scan has come.
std::uint64_t Retention::first_kept_by_age() {
    const std::uint64_t keep_ms = segment_->archiver().keep_ms.load();
    const std::uint64_t now_ms = base::unix_ms();
    if (keep_ms == 0 || now_ms <= keep_ms || !clock_.is_trusted(base::clock_offset_ms())) return 0;
    clock_.compare_with_log(segment_->log().last_time_ms.load(), now_ms, keep_ms);
    try {
        if (!scan_) scan_ = std::make_unique<Scan>(store::open_to_read(data_dir_));
        return scan_->old.end(std::max(stored_->first_id.load(), trimmed_), now_ms - keep_ms,
                              now_ms, max_trimmed * max_entries);
    } catch (const store::StoreError& error) {
        scan_.reset();
        report_(std::string{"cannot look for old messages: "} + error.what());
        return 0;
    }
}

}  // namespace belfry::cluster
