#include "server/outbox_writer.hpp"

#include "base/clock.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"
#include "wire/entry.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <cstdint>
#include <cstdlib>

namespace belfry::server {

using shm::Outcome;

namespace {

/// Returns the Unix time by the clock that the replica has last compared with those of the other
/// nodes. A jump since then is left out, because a wrong time would become that of all later
/// messages of the cluster.
std::uint64_t compared_unix_ms(const shm::Segment& segment) noexcept {
    constexpr std::int64_t max_jump_ms = 1000;
    const std::int64_t jump_ms = base::clock_offset_ms() -
                                 segment.archiver().clock_offset_ms.load(std::memory_order_relaxed);
    const std::uint64_t now_ms = base::unix_ms();
    return std::abs(jump_ms) <= max_jump_ms ? now_ms : now_ms - static_cast<std::uint64_t>(jump_ms);
}

}  // namespace

OutboxWriter::OutboxWriter(shm::Segment& segment, const shm::Session& session) noexcept
    : segment_{&segment}, session_{&session}, lock_{segment} {}

OutboxWriter::Result OutboxWriter::append(std::span<const shm::NewMessage> messages,
                                          std::span<Outcome> outcomes) noexcept {
    session_->set_appending(true);
    Result result;
    {
        const boost::interprocess::scoped_lock guard{lock_};
        result = append_locked(messages, outcomes);
    }
    if (result.end != 0) shm::announce_entries(*segment_);
    session_->set_appending(false);
    return result;
}

OutboxWriter::Result OutboxWriter::append_locked(std::span<const shm::NewMessage> messages,
                                                 std::span<Outcome> outcomes) noexcept {
    if (!session_->is_current()) return {.fenced = true};
    shm::ClientRow& client = session_->client();
    shm::OutboxBatch batch{*segment_};
    wire::Entry entry{.name = shm::name_of(*segment_, session_->row()),
                      .login = session_->login_id(),
                      .time_ms = compared_unix_ms(*segment_)};
    std::uint64_t last_seq = client.last_seq.load(std::memory_order_relaxed);
    Result result;
    bool has_refused = false;
    for (; result.decided < messages.size(); ++result.decided) {
        const shm::NewMessage& message = messages[result.decided];
        Outcome& outcome = outcomes[result.decided];
        outcome = shm::judge(last_seq, message);
        if (outcome != Outcome::appended) {
            has_refused = true;
            continue;
        }
        if (has_refused) break;  // the refusals must be answered first
        entry.number = message.seq != 0 ? message.seq : last_seq + 1;
        entry.body = message.body;
        result.no_space = !batch.add(wire::EntryHead{entry}.bytes(), entry.body);
        if (result.no_space) break;
        last_seq = entry.number;
        result.end = batch.end();
    }
    if (result.end == 0) return result;
    result.last_seq = last_seq;
    batch.commit();
    // If the process dies before this store, the seq is too low, but its session has ended: the
    // next login sets it to what the cluster has applied.
    client.last_seq.store(last_seq, std::memory_order_release);
    return result;
}

}  // namespace belfry::server
