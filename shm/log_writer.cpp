#include "shm/log_writer.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/log_batch.hpp"
#include "shm/news.hpp"
#include "shm/seq_rules.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>

namespace belfry::shm {

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
    LogBatch batch{
        *segment_, max_first_id(),
        std::max(base::unix_ms(), log.last_time_ms.load(std::memory_order_relaxed))};  // (13)
    std::uint64_t last_seq = session_->client().last_seq.load(std::memory_order_relaxed);
    Result result;
    add(batch, last_seq, messages, outcomes, result);
    result.end_id = batch.last_id();
    if (batch.is_empty()) return result;
    result.last_id = batch.last_id();
    batch.commit();
    // If the process dies after this, the last seq is older than the records, and repair() raises
    // it (6). Release keeps the three stores in this order.
    session_->client().last_seq.store(last_seq, std::memory_order_release);
    log.derived_id.store(result.last_id, std::memory_order_release);
    return result;
}

/// Decides messages, and writes those that are appended.
/// @param last_seq the highest accepted seq of the client, which this raises
void LogWriter::add(LogBatch& batch, std::uint64_t& last_seq, std::span<const NewMessage> messages,
                    std::span<Outcome> outcomes, Result& result) noexcept {
    bool has_refused = false;
    for (; result.decided < messages.size(); ++result.decided) {
        const NewMessage& message = messages[result.decided];
        Outcome& outcome = outcomes[result.decided];
        outcome = judge(last_seq, message);
        if (outcome == Outcome::appended && batch.last_id() >= max_id) outcome = Outcome::log_full;
        if (outcome != Outcome::appended) {
            has_refused = true;
            continue;
        }
        if (has_refused) return;  // the refusals must be answered first
        const std::uint64_t seq = message.seq != 0 ? message.seq : last_seq + 1;
        const auto added = batch.add({sender_, session_->row(), seq, message.body}, format_);
        result.no_space = added == LogBatch::Added::no_space;
        if (added != LogBatch::Added::added) return;
        last_seq = seq;
    }
}

/// Returns the highest value that first_id may get: with a store, no record above stored_id is
/// given up (4).
std::uint64_t LogWriter::max_first_id() noexcept {
    if (!segment_->has_store()) return max_id;
    stored_seen_ = segment_->log().stored_id.load(std::memory_order_acquire);
    return stored_seen_ + 1;
}

Outcome judge(std::uint64_t last_seq, const NewMessage& message) noexcept {
    if (message.seq == 0) return last_seq == max_seq ? Outcome::bad_seq : Outcome::appended;
    if (message.seq <= last_seq) return Outcome::duplicate;
    return is_too_far(message.seq, last_seq) ? Outcome::bad_seq : Outcome::appended;
}

}  // namespace belfry::shm
