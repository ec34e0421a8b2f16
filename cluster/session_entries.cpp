#include "cluster/session_entries.hpp"

#include "base/clock.hpp"
#include "cluster/node_rows.hpp"
#include "shm/client_table.hpp"
#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>

namespace belfry::cluster {
namespace {

/// The most entries for which the log's lock is held.
constexpr std::size_t entries_at_a_time = 64;

/// Appends the first of the entries under one lock. @return how many
std::size_t append_some(shm::Segment& segment, std::span<const wire::Entry> entries) noexcept {
    shm::LogLock lock{segment};
    const boost::interprocess::scoped_lock guard{lock};
    shm::OutboxBatch batch{segment};
    std::size_t count = 0;
    while (count < entries.size() &&
           batch.add(wire::EntryHead{entries[count]}.bytes(), entries[count].body)) {
        ++count;
    }
    if (count != 0) batch.commit();
    return count;
}

}  // namespace

std::size_t append_entries(shm::Segment& segment, std::span<const wire::Entry> entries) noexcept {
    std::size_t appended = 0;
    while (appended < entries.size()) {
        const auto next = entries.subspan(appended);
        const auto some = next.first(std::min(next.size(), entries_at_a_time));
        const std::size_t count = append_some(segment, some);
        appended += count;
        if (count != some.size()) break;
    }
    if (appended != 0) shm::announce_entries(segment);
    return appended;
}

SessionEntries::SessionEntries(shm::Segment& segment)
    : segment_{&segment},
      own_node_{row_of_node(segment, shm::shared_text(segment.cluster().node))},
      told_(segment.geometry().client_rows) {}

void SessionEntries::append_logouts() {
    std::vector<std::uint64_t> current(told_.size());
    for (std::uint32_t row = 0; row < told_.size(); ++row) current[row] = login_here(row);
    // The slots come after the rows, because a session shows its login there before it asks for it.
    const std::vector<std::uint64_t> live = live_logins();
    std::vector<wire::Entry> entries;
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < told_.size(); ++row) {
        const std::uint64_t login = current[row];
        if (login == 0 || login == told_[row].ended || std::ranges::binary_search(live, login)) {
            continue;
        }
        entries.push_back({.kind = wire::EntryKind::logout,
                           .name = shm::name_of(*segment_, row),
                           .login = login,
                           .number = shm::cursor_of(*segment_, row),
                           .time_ms = base::unix_ms(),
                           .body = {}});
        rows.push_back(row);
    }
    const std::size_t appended = append_entries(*segment_, entries);
    for (std::size_t i = 0; i < appended; ++i) told_[rows[i]].ended = entries[i].login;
}

void SessionEntries::append_cursors() {
    std::vector<wire::Entry> entries;
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < told_.size(); ++row) {
        const std::uint64_t login = login_here(row);
        if (login == 0) continue;
        Told& told = told_[row];
        const std::uint64_t cursor = shm::cursor_of(*segment_, row);
        if (cursor == 0 || (told.login == login && told.cursor == cursor)) continue;
        entries.push_back({.kind = wire::EntryKind::cursor,
                           .name = shm::name_of(*segment_, row),
                           .login = login,
                           .number = cursor,
                           .time_ms = base::unix_ms(),
                           .body = {}});
        rows.push_back(row);
    }
    const std::size_t appended = append_entries(*segment_, entries);
    for (std::size_t i = 0; i < appended; ++i) {
        told_[rows[i]].login = entries[i].login;
        told_[rows[i]].cursor = entries[i].number;
    }
}

/// Returns the logins of all session processes that run, sorted. A process that was killed counts
/// until the supervisor has noticed it.
std::vector<std::uint64_t> SessionEntries::live_logins() const {
    std::vector<std::uint64_t> logins;
    for (std::uint32_t slot = 0; slot < segment_->geometry().session_slots; ++slot) {
        const std::uint64_t login = segment_->session(slot).login.load(std::memory_order_acquire);
        if (login == 0) continue;
        const std::uint64_t word =
            segment_->session_process(slot).word.load(std::memory_order_acquire);
        if (shm::unpack(word).low != 0) logins.push_back(login);
    }
    std::ranges::sort(logins);
    return logins;
}

/// Returns the current login of the client if it is at this node, else 0.
std::uint64_t SessionEntries::login_here(std::uint32_t row) const noexcept {
    const shm::ClientRow& client = segment_->client(row);
    const std::uint64_t login = client.login.load(std::memory_order_acquire);
    const bool is_here =
        own_node_ && client.login_node.load(std::memory_order_acquire) == *own_node_ + 1;
    return is_here ? login : 0;
}

}  // namespace belfry::cluster
