#include "shm/log_writer.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "shm/ordering.hpp"
#include "shm/seq_rules.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace belfry::shm {
namespace {

/// A batch takes at most one quarter of the ring and of the index (1).
constexpr std::uint64_t batch_part = 4;

}  // namespace

/// Records that are written after the end of the log and not yet committed.
struct LogWriter::Batch {
    std::uint64_t start;      ///< absolute position of the first record
    std::uint64_t end;        ///< absolute position after the last record
    std::size_t ring_offset;  ///< of `end` in the ring
    std::uint64_t last_id;
    std::uint64_t last_seq;
    std::uint64_t first_id;      ///< first_id of the log, which this batch may have moved
    std::uint64_t max_first_id;  ///< first_id may not move past it (4)
    std::uint64_t time_ms;
    std::span<char> ring;
    bool no_space = false;
    bool has_refused = false;  ///< a message was refused

    void write(const char* from, std::size_t count) noexcept {
        if (count == 0) return;  // memcpy() must not get a null pointer, even with a count of 0
        const std::size_t before_wrap = std::min(count, ring.size() - ring_offset);
        std::memcpy(ring.data() + ring_offset, from, before_wrap);
        std::memcpy(ring.data(), from + before_wrap, count - before_wrap);
        ring_offset += count;
        if (ring_offset >= ring.size()) ring_offset -= ring.size();
        end += count;
    }
};

LogWriter::LogWriter(Segment& segment, const Session& session, RecordFormat format) noexcept
    : segment_{&segment},
      session_{&session},
      format_{format},
      lock_{segment},
      sender_{name_of(segment, session.row())} {}

bool LogWriter::payload_fits(std::uint64_t ring_bytes, std::uint64_t max_payload) noexcept {
    return max_payload <= ring_bytes / 8 &&
           max_payload + 2 * RecordFormat::max_head <= ring_bytes / batch_part;
}

LogWriter::Result LogWriter::append(std::span<const NewMessage> messages,
                                    std::span<Outcome> outcomes) noexcept {
    session_->set_appending(true);
    Result result;
    {
        const boost::interprocess::scoped_lock guard{lock_};
        result = append_locked(messages, outcomes);
    }
    if (result.last_id != 0) announce_appended(*segment_);
    session_->set_appending(false);
    return result;
}

void LogWriter::wait_for_space(Condition::Clock::time_point deadline) noexcept {
    LogHeader& log = segment_->log();
    log.space.wait_until(deadline, [this, &log] {
        return log.stored_id.load(std::memory_order_acquire) != stored_seen_;
    });
}

LogWriter::Result LogWriter::append_locked(std::span<const NewMessage> messages,
                                           std::span<Outcome> outcomes) noexcept {
    if (!session_->is_current()) return {.fenced = true};  // (9)
    LogHeader& log = segment_->log();
    const std::uint64_t last = log.last_id.load(std::memory_order_relaxed);
    const std::uint64_t end = segment_->position(last + 1).load(std::memory_order_relaxed);
    const std::span<char> ring = segment_->ring();
    Batch batch{
        end,
        end,
        static_cast<std::size_t>(end % ring.size()),
        last,
        session_->client().last_seq.load(std::memory_order_relaxed),
        log.first_id.load(std::memory_order_relaxed),
        max_first_id(),
        std::max(base::unix_ms(), log.last_time_ms.load(std::memory_order_relaxed)),  // (13)
        ring};
    std::size_t decided = 0;
    while (decided < messages.size() && add(batch, messages[decided], outcomes[decided])) ++decided;
    Result result{.decided = decided, .no_space = batch.no_space, .end_id = batch.last_id};
    if (batch.last_id == last) return result;
    commit(batch);
    result.last_id = batch.last_id;
    return result;
}

/// Returns the highest value that first_id may get: with a store, no record above stored_id is
/// given up (4).
std::uint64_t LogWriter::max_first_id() noexcept {
    if (!segment_->has_store()) return max_id;
    stored_seen_ = segment_->log().stored_id.load(std::memory_order_acquire);
    return stored_seen_ + 1;
}

/// Decides about a message by its seq. @return appended if the message may be appended
Outcome LogWriter::judge(const Batch& batch, const NewMessage& message) noexcept {
    if (message.seq == 0) {
        if (batch.last_seq == max_seq) return Outcome::bad_seq;
    } else if (message.seq <= batch.last_seq) {
        return Outcome::duplicate;
    } else if (is_too_far(message.seq, batch.last_seq)) {
        return Outcome::bad_seq;
    }
    return batch.last_id >= max_id ? Outcome::log_full : Outcome::appended;
}

/// Decides about a message, and writes it if it is appended.
/// @return false if it is left undecided, because the batch or the ring is full, or the answers to
/// refused messages must be sent first
bool LogWriter::add(Batch& batch, const NewMessage& message, Outcome& outcome) noexcept {
    outcome = judge(batch, message);
    if (outcome != Outcome::appended) return batch.has_refused = true;
    if (batch.has_refused) return false;
    const std::uint64_t id = batch.last_id + 1;
    const std::uint64_t first_of_batch =
        segment_->log().last_id.load(std::memory_order_relaxed) + 1;
    std::array<char, RecordFormat::max_head> head;
    const std::size_t head_bytes =
        format_.print_head(head, id, sender_, batch.time_ms, message.body.size());
    const std::uint64_t record = head_bytes + message.body.size() + format_.tail.size();
    if (batch.end - batch.start + record > batch.ring.size() / batch_part ||
        id - first_of_batch >= segment_->geometry().index_entries / batch_part) {
        return false;
    }
    if (!make_room(batch, record)) {
        batch.no_space = true;
        return false;
    }
    batch.write(head.data(), head_bytes);
    batch.write(message.body.data(), message.body.size());
    batch.write(format_.tail.data(), format_.tail.size());

    batch.last_id = id;
    batch.last_seq = message.seq != 0 ? message.seq : batch.last_seq + 1;
    segment_->sender(id).store(session_->row(), std::memory_order_relaxed);
    segment_->seq(id).store(batch.last_seq, std::memory_order_relaxed);
    segment_->position(id + 1).store(batch.end, std::memory_order_relaxed);
    return true;
}

/// Gives up the oldest records until one more record fits, with its index entry and the entry of
/// the end (3). If the process dies after this, only those records are lost.
/// @return false if they cannot be given up, because they are not stored
bool LogWriter::make_room(Batch& batch, std::uint64_t record_bytes) noexcept {
    const std::uint64_t new_end = batch.end + record_bytes;
    const std::uint64_t entries = segment_->geometry().index_entries;
    std::uint64_t first = batch.first_id;
    while (new_end - segment_->position(first).load(std::memory_order_relaxed) >
               batch.ring.size() ||
           batch.last_id + 2 - first >= entries) {
        ++first;
    }
    if (first == batch.first_id) return true;
    if (first > batch.max_first_id) return false;
    batch.first_id = first;
    segment_->log().first_id.store(first, std::memory_order_relaxed);
    order_stores();
    return true;
}

void LogWriter::commit(const Batch& batch) noexcept {
    LogHeader& log = segment_->log();
    log.last_time_ms.store(batch.time_ms, std::memory_order_relaxed);  // (13)
    log.last_id.store(batch.last_id, std::memory_order_release);       // the commit point (1)
    // If the process dies after this, the last seq is older than the records, and repair() raises
    // it (6). Release keeps the three stores in this order.
    session_->client().last_seq.store(batch.last_seq, std::memory_order_release);
    log.derived_id.store(batch.last_id, std::memory_order_release);
}

}  // namespace belfry::shm
