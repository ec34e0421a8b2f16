#include "store/archiver.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/seq_rules.hpp"
#include "store/log_record.hpp"
#include "store/open_log.hpp"
#include "store/store_error.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unordered_map>

namespace belfry::store {
namespace {

constexpr std::size_t chunk_bytes = 1 << 20;

/// A transaction takes all new messages, but not more than this many bytes of records, because the
/// sender of its first message has to wait until the last one is written.
constexpr std::uint64_t max_bytes = 8 << 20;

/// The time between two saves. It is less than the second within which a cursor must be saved
/// (wire/PROTOCOL.md).
constexpr std::chrono::milliseconds save_interval{900};

/// The most messages that one transaction deletes, so that new messages do not wait long.
constexpr std::uint64_t max_forgotten = 1000;

/// The pause after retention has met a damaged page, because it would meet the same page again.
constexpr std::chrono::hours forget_timeout{1};

}  // namespace

Archiver::Archiver(shm::Segment& segment, const std::filesystem::path& data_dir,
                   const StoreLock& lock, Report report)
    : segment_{&segment},
      report_{std::move(report)},
      files_{data_dir, lock},
      clock_{segment.archiver().clock_offset_ms.load(), report_},
      writer_{open_store_of(data_dir, segment)},
      checkpoints_{segment, report_},
      reader_{segment, chunk_bytes},
      lock_{segment},
      stored_{segment.log().stored_id.load()},
      news_{segment},
      new_seqs_(segment.geometry().client_rows, 0),
      saved_cursors_(segment.geometry().client_rows, 0),
      saved_seqs_(segment.geometry().client_rows, 0) {}

Archiver::~Archiver() {
    checkpoints_.finish(writer_, files_);
}

void Archiver::start() {
    const std::uint64_t first_id = segment_->log().first_id.load();
    writer_.claim();
    files_.add_write_ahead_log();
    const SavedLog saved = writer_.saved_log();
    require_match(saved, *segment_, first_id);
    if (saved.last_id < stored_) {
        report_("the store ends at message " + std::to_string(saved.last_id) + " but once had " +
                std::to_string(stored_) + "; the rest is stored again from memory");
        require_match(saved, *segment_, move_back_to(saved.last_id));
    }
    const bool stays_async = saved.durability == shm::Durability::async && !saved.clean;
    writer_.begin_log(segment_->epoch(), stays_async ? saved.durability : segment_->durability());
    take_over_clients(saved.clients);
    files_.require_database();
    stored_ = saved.last_id;
    publish(stored_);
}

void Archiver::take_over_clients(const std::vector<SavedClient>& clients) {
    std::unordered_map<std::string_view, const SavedClient*> by_name;
    for (const SavedClient& saved : clients) by_name[saved.id] = &saved;
    for (std::uint32_t row = 0; row < saved_cursors_.size(); ++row) {
        const auto found = by_name.find(shm::name_of(*segment_, row));
        if (found != by_name.end()) take_over_client(row, *found->second);
    }
}

/// Takes over what the store has saved of a client. A seq that was set back in the segment and is
/// not saved yet stays set back. Takes the lock, so that nobody sets the seq back between the load
/// and the store. It does so for one client at a time, so that publishers do not wait for all of
/// them.
void Archiver::take_over_client(std::uint32_t row, const SavedClient& saved) {
    const boost::interprocess::scoped_lock guard{lock_};
    saved_cursors_[row] = saved.cursor;
    shm::ClientRow& client = segment_->client(row);
    const std::uint64_t accepted = client.last_seq.load(std::memory_order_relaxed);
    client.stored_seq.store(std::min(saved.seq, accepted), std::memory_order_release);
    if (accepted < saved.seq)
        saved_seqs_[row] = saved.seq;  // so that the accepted seq is saved, even if it is 0
}

/// Moves stored_id back to `id`, so that no writer gives up a later message (4). Takes the lock,
/// because a writer may just have looked at what it may give up.
/// @return the log's first_id. If that is above `id` + 1, it is too late, and nothing was moved
std::uint64_t Archiver::move_back_to(std::uint64_t id) {
    const boost::interprocess::scoped_lock guard{lock_};
    shm::LogHeader& log = segment_->log();
    const std::uint64_t first_id = log.first_id.load(std::memory_order_relaxed);
    if (first_id <= id + 1) log.stored_id.store(id, std::memory_order_release);
    return first_id;
}

bool Archiver::work() {
    news_.wake_rest([this] { return has_new(); });
    bool worked = store_new();
    if (Clock::now() < next_save_) return worked;
    next_save_ = Clock::now() + save_interval;
    if (has_moved()) {
        writer_.begin();
        save_clients();
        writer_.commit();
        checkpoints_.run(writer_);
        worked = true;
    }
    return forget_old() || worked;
}

bool Archiver::has_new() const noexcept {
    return segment_->log().last_id.load(std::memory_order_acquire) != stored_;
}

bool Archiver::store_new() {
    const std::uint64_t last = segment_->log().last_id.load(std::memory_order_acquire);
    if (last == stored_) return false;
    std::ranges::fill(new_seqs_, 0);
    std::uint64_t next = stored_ + 1;
    std::uint64_t bytes = 0;
    writer_.begin();
    while (next <= last && bytes < max_bytes) {
        shm::Chunk chunk;
        // A message that is not stored is never given up, and the index is right (2, 4).
        if (reader_.read(next, last, shm::LogReader::no_row, chunk) !=
            shm::LogReader::Result::copied) {
            std::abort();
        }
        store_chunk(chunk);
        bytes += chunk.bytes.size();
        next = chunk.last_id + 1;
    }
    writer_.commit();
    files_.require_database();
    stored_ = next - 1;
    publish(stored_);
    checkpoints_.run(writer_);
    return true;
}

void Archiver::store_chunk(const shm::Chunk& chunk) {
    for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
        const shm::IndexEntry entry = shm::index_entry(*segment_, chunk, id);
        const auto message = message_in(chunk, entry);
        if (!message) {
            throw StoreError{StoreError::Kind::failing,
                             "message " + std::to_string(id) + " in the shared memory is damaged"};
        }
        writer_.add(*message);
        if (entry.row >= new_seqs_.size()) continue;  // a damaged index
        if (is_set_back(entry)) {
            saved_seqs_[entry.row] = entry.seq;  // so that the lower one is saved
        } else {
            new_seqs_[entry.row] = std::max(new_seqs_[entry.row], entry.seq);
        }
    }
}

/// Returns whether reset_seq() has set back the seq of a message (6). Such a message is stored
/// again, because the store has lost it.
bool Archiver::is_set_back(const shm::IndexEntry& entry) const noexcept {
    if (entry.seq <= shm::max_free_seq) return false;
    if (entry.id > segment_->log().derived_id.load(std::memory_order_acquire)) return false;
    return entry.seq > segment_->client(entry.row).last_seq.load(std::memory_order_acquire);
}

/// Makes the committed messages visible (5), and wakes the processes that wait for them.
void Archiver::publish(std::uint64_t id) {
    shm::publish_stored(*segment_, new_seqs_, id);
    news_.announce();
}

bool Archiver::has_moved() const noexcept {
    for (std::uint32_t row = 0; row < saved_cursors_.size(); ++row) {
        if (shm::cursor_of(*segment_, row) != saved_cursors_[row]) return true;
        if (segment_->client(row).stored_seq.load() != saved_seqs_[row]) return true;
    }
    return false;
}

/// Saves the cursors and seqs that have changed. A cursor is saved at most at the last stored
/// message, because after a restart it would otherwise be above the end of the log.
void Archiver::save_clients() {
    for (std::uint32_t row = 0; row < saved_cursors_.size(); ++row) {
        const std::uint64_t cursor = std::min(shm::cursor_of(*segment_, row), stored_);
        const std::uint64_t seq = segment_->client(row).stored_seq.load(std::memory_order_relaxed);
        if (cursor == saved_cursors_[row] && seq == saved_seqs_[row]) continue;
        writer_.save_client({std::string{shm::name_of(*segment_, row)}, cursor, seq});
        saved_cursors_[row] = cursor;
        saved_seqs_[row] = seq;
    }
    writer_.save_seqs_up_to(stored_);
}

/// Retention: deletes the oldest messages, first from the store and then from the ring.
bool Archiver::forget_old() {
    const std::uint64_t keep = segment_->archiver().keep_messages.load();
    const std::uint64_t keep_ms = segment_->archiver().keep_ms.load();
    if ((keep == 0 && keep_ms == 0) || Clock::now() < next_forgetting_) return false;
    const std::uint64_t first_kept = keep != 0 && stored_ > keep ? stored_ - keep + 1 : 0;
    const std::uint64_t now_ms = base::unix_ms();
    const auto forgotten = try_to_forget(first_kept, oldest_kept_ms(now_ms), now_ms);
    checkpoints_.run(writer_);
    if (forgotten.count != 0) raise_first_kept(writer_.first_id());
    if (forgotten.has_more) next_save_ = Clock::now();
    return forgotten.count != 0 || forgotten.has_more;
}

/// Returns the time before which messages are too old to be kept; 0: none is too old.
std::uint64_t Archiver::oldest_kept_ms(std::uint64_t now_ms) {
    const std::uint64_t keep_ms = segment_->archiver().keep_ms.load();
    if (keep_ms == 0 || now_ms <= keep_ms) return 0;
    if (!clock_.is_trusted(base::clock_offset_ms())) return 0;
    clock_.compare_with_log(segment_->log().last_time_ms.load(), now_ms, keep_ms);
    return now_ms - keep_ms;
}

/// Deletes messages, unless a page at the front is damaged: then they stay, because new messages
/// have to be stored all the same.
StoreWriter::Forgotten Archiver::try_to_forget(std::uint64_t first_kept, std::uint64_t oldest_ms,
                                               std::uint64_t now_ms) {
    writer_.begin();
    try {
        const auto forgotten = writer_.forget(first_kept, oldest_ms, now_ms, max_forgotten);
        writer_.commit();
        return forgotten;
    } catch (const StoreError& error) {
        if (!error.is_local()) throw;
        writer_.roll_back();
        report_(std::string{"cannot delete old messages: "} + error.what());
        next_forgetting_ = Clock::now() + forget_timeout;
        return {};
    }
}

void Archiver::raise_first_kept(std::uint64_t id) {
    const boost::interprocess::scoped_lock guard{lock_};
    std::atomic<std::uint64_t>& first_id = segment_->log().first_id;
    if (first_id.load(std::memory_order_relaxed) < id)
        first_id.store(id, std::memory_order_release);
}

void Archiver::drain() {
    while (store_new()) {
    }
    writer_.begin();
    save_clients();
    writer_.mark_clean();
    writer_.commit();
    files_.require_all();
}

}  // namespace belfry::store
