#include "server/appender.hpp"

#include "server/runtime_settings.hpp"
#include "store/log_record.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <algorithm>
#include <chrono>
#include <span>

namespace belfry::server {
namespace {

using Clock = SessionLoop::Clock;
using wire::ErrorCode;

/// How often a wait for the archiver checks whether the session has to end.
constexpr std::chrono::milliseconds end_check_interval{50};

}  // namespace

Appender::Appender(SessionContext& context)
    : segment_{&context.segment},
      session_{&context.session},
      loop_{&context.loop},
      delivery_{&context.delivery},
      log_{context.segment, context.session, store::record_format},
      outbox_{context.segment, context.session} {}

// --- Pending messages -------------------------------------------------------------------------

void Appender::add(const shm::NewMessage& message) {
    // The log chooses the seq of a SAY, which is above all others.
    if (is_refused(message.seq != 0 ? message.seq : wire::max_seq)) return refuse(message.seq);
    pending_.push_back(message);
    // The outcome of this message decides whether later ones are refused.
    if (refused_seq_ == message.seq) append_pending();
}

/// Tells whether a message is refused. While the store fails, no new message is accepted. After a
/// seq was refused, no later one is accepted until the client has sent it again, because the log
/// would then take the repeated message for a duplicate.
bool Appender::is_refused(std::uint64_t seq) const noexcept {
    if (refused_seq_ && seq > *refused_seq_) return true;
    return segment_->has_store() && segment_->store_state() == shm::StoreState::fails &&
           seq > session_->client().last_seq.load(std::memory_order_relaxed);
}

void Appender::refuse(std::uint64_t seq) {
    append_pending();  // answers keep their order
    answer_refused(seq);
}

/// Answers a message that was refused, and remembers the lowest such seq. A SAY has none.
void Appender::answer_refused(std::uint64_t seq) {
    if (seq != 0 && (!refused_seq_ || seq < *refused_seq_)) refused_seq_ = seq;
    wire::print_error(loop_->answers(), ErrorCode::store_failed, seq);
}

// --- Appending --------------------------------------------------------------------------------

void Appender::append_pending() {
    outcomes_.resize(pending_.size());
    std::size_t done = 0;
    while (done < pending_.size() && !loop_->ended()) {
        // Earlier answers must be written before the SENT of the messages that are appended now.
        loop_->flush_answers();
        wait_for_delivery();
        if (loop_->ended()) break;
        done = append_from(done);
    }
    pending_.clear();
}

/// Appends pending messages, beginning with the one at `done`.
/// @return the first one that is not decided yet
std::size_t Appender::append_from(std::size_t done) {
    delivery_->news().announce_own();
    const auto messages = std::span{pending_}.subspan(done);
    const auto outcomes = std::span{outcomes_}.subspan(done);
    const Appended result = segment_->is_in_cluster() ? append_to_outbox(messages, outcomes)
                                                      : append_to_log(messages, outcomes);
    if (result.fenced) {
        loop_->end(Fenced{});
        return done;
    }
    const auto decided = std::span{outcomes_}.subspan(done, result.decided);
    const bool any_duplicate = std::ranges::count(decided, shm::Outcome::duplicate) != 0;
    // DUP promises as much as SENT.
    if (any_duplicate && !wait_until_shown(result.end)) return done;
    answer_outcomes(done, result.decided);
    done += result.decided;
    return result.decided == 0 && result.no_space ? handle_no_space(done) : done;
}

Appender::Appended Appender::append_to_log(std::span<const shm::NewMessage> messages,
                                           std::span<shm::Outcome> outcomes) {
    const auto result = log_.append(messages, outcomes);
    if (result.fenced) return {.fenced = true};
    if (result.last_id != 0) last_appended_ = result.last_id;
    if (result.last_id == shm::max_id) log_if_full(*segment_);
    delivery_->news().set_last_own(last_appended_);
    return {.decided = result.decided, .end = result.end_id, .no_space = result.no_space};
}

Appender::Appended Appender::append_to_outbox(std::span<const shm::NewMessage> messages,
                                              std::span<shm::Outcome> outcomes) {
    head_seen_ = segment_->outbox().head.load(std::memory_order_acquire);
    const auto result = outbox_.append(messages, outcomes);
    if (result.fenced) return {.fenced = true};
    if (result.end != 0) {
        outbox_end_ = result.end;
        last_seq_ = result.last_seq;
    }
    delivery_->news().set_last_own(last_seq_);
    // All messages of earlier sessions were applied before the login.
    return {.decided = result.decided, .end = outbox_end_, .no_space = result.no_space};
}

/// Waits for space in the ring. While the store fails, it refuses all remaining messages instead.
/// @return the first message that is not decided yet
std::size_t Appender::handle_no_space(std::size_t done) {
    if (segment_->store_state() != shm::StoreState::fails) {
        wait_for_space();
        return done;
    }
    for (; done < pending_.size(); ++done) answer_refused(pending_[done].seq);
    return done;
}

/// Answers the messages that were not appended. The output thread writes SENT for the others.
void Appender::answer_outcomes(std::size_t first, std::size_t count) {
    for (std::size_t at = first; at < first + count; ++at) {
        const std::uint64_t seq = pending_[at].seq;
        switch (outcomes_[at]) {
            case shm::Outcome::log_full:
                answer_refused(seq);
                continue;
            case shm::Outcome::duplicate:
                wire::print(loop_->answers(), wire::Dup{seq});
                break;
            case shm::Outcome::bad_seq:
                wire::print_error(loop_->answers(), ErrorCode::bad_seq, seq);
                break;
            case shm::Outcome::appended:
                break;
        }
        if (refused_seq_ && seq == *refused_seq_) refused_seq_.reset();
    }
}

// --- Waiting ----------------------------------------------------------------------------------

bool Appender::delivery_is_behind() const noexcept {
    const std::uint64_t next = delivery_->position() + 1;
    const shm::LogHeader& log = segment_->log();
    const std::uint64_t visible = segment_->visible();
    if (visible < next) return false;  // it may have moved back, see Archiver::start()
    const std::uint64_t end = segment_->position(visible + 1).load();
    const std::uint64_t at = segment_->position(next).load();
    if (log.first_id.load(std::memory_order_acquire) > next) return true;
    return end - at > segment_->geometry().ring_bytes / 2 ||
           visible + 1 - next > segment_->geometry().index_entries / 2;
}

void Appender::wait_for_delivery() {
    while (!loop_->ended() && delivery_is_behind()) {
        delivery_->watch();
        if (delivery_is_behind()) loop_->wait(Clock::time_point::max());
    }
}

bool Appender::is_shown(std::uint64_t end) const noexcept {
    if (!segment_->is_in_cluster()) return segment_->visible() >= end;
    return segment_->outbox().head.load(std::memory_order_acquire) >= end;
}

/// Waits until the archiver has stored everything up to this end, which is one of Appended.
/// @return false if the loop has ended, and nothing is promised
bool Appender::wait_until_shown(std::uint64_t end) {
    while (!loop_->ended() && !is_shown(end)) {
        const auto deadline = Clock::now() + end_check_interval;
        if (segment_->is_in_cluster()) {
            shm::wait_until_applied(*segment_, end, deadline);
        } else {
            shm::wait_until_visible(*segment_, end, deadline);
        }
        loop_->wait(Clock::now());  // checks whether the session has to end
    }
    // Messages after a login at another node were dropped. The replica sets the login before it
    // moves the head.
    if (segment_->is_in_cluster() && !session_->is_current()) loop_->end(Fenced{});
    return !loop_->ended();
}

bool Appender::wait_until_applied() {
    if (outbox_end_ == 0) return true;
    while (!delivery_->ended() && !is_shown(outbox_end_)) {
        if (loop_->is_terminated()) return false;
        shm::wait_until_applied(*segment_, outbox_end_, Clock::now() + end_check_interval);
        loop_->wait(Clock::now());
    }
    last_appended_ = segment_->visible();
    return session_->is_current();
}

/// Waits until the archiver has stored something, or the replica has applied something.
void Appender::wait_for_space() {
    const auto deadline = Clock::now() + end_check_interval;
    if (segment_->is_in_cluster()) {
        shm::wait_until_applied(*segment_, head_seen_ + 1, deadline);
    } else {
        log_.wait_for_space(deadline);
    }
    loop_->wait(Clock::now());
}

}  // namespace belfry::server
