#include "cluster/applied_log.hpp"

#include "base/process.hpp"
#include "cluster/node_rows.hpp"
#include "shm/client_table.hpp"
#include "shm/log_batch.hpp"
#include "shm/log_reader.hpp"
#include "store/log_record.hpp"
#include "store/store_error.hpp"

#include <signal.h>

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace belfry::cluster {
namespace {

using Guard = boost::interprocess::scoped_lock<shm::LogLock>;
using store::StoreError;

/// How much of the database start() copies at a time.
constexpr std::size_t page_bytes = 1 << 20;
constexpr std::size_t page_messages = 10'000;

/// Messages that were copied out of the database.
class Page {
  public:
    /// @return whether there is room for another message
    bool add(const store::Message& message) {
        texts_.push_back({std::string{message.sender}, std::string{message.body}});
        messages_.push_back(message);
        bytes_ += message.body.size();
        return bytes_ < page_bytes && messages_.size() < page_messages;
    }

    /// Returns the messages. Their views point into the page.
    [[nodiscard]] std::span<const store::Message> messages() {
        for (std::size_t at = 0; at < messages_.size(); ++at) {
            messages_[at].sender = texts_[at].sender;
            messages_[at].body = texts_[at].body;
        }
        return messages_;
    }

  private:
    struct Texts {
        std::string sender;
        std::string body;
    };

    std::vector<Texts> texts_;
    std::vector<store::Message> messages_;
    std::size_t bytes_ = 0;
};

void raise_cursor(std::atomic<std::uint64_t>& cursor, std::uint64_t id) noexcept {
    std::uint64_t old = cursor.load(std::memory_order_acquire);
    while (shm::unpack_cursor(old).id < id) {
        const shm::Cursor raised{shm::unpack_cursor(old).generation, id};
        if (cursor.compare_exchange_weak(old, shm::pack(raised), std::memory_order_acq_rel)) return;
    }
}

}  // namespace

AppliedLog::AppliedLog(shm::Segment& segment, Report report)
    : segment_{&segment},
      report_{std::move(report)},
      lock_{segment},
      news_{segment},
      rows_{segment} {}

void AppliedLog::start(const State& state, store::StoreReader& reader) {
    static_cast<void>(rows_.add_new());
    name_senders();
    for (const auto& [name, client] : state.clients) set_seq_and_login(rows_.row_of(name), client);
    move_back_to(state.position.last_id);
    fill(state, reader);
    shm::publish_stored(*segment_, {}, state.position.last_id);
    for (const auto& [name, node] : state.nodes) set_node(name, node);
    for (const auto& [name, client] : state.clients) set_client(rows_.row_of(name), client);
    presence_changed_ = true;  // an earlier replica may have died before it announced a login
    finish(state);
    news_.announce();
}

/// Moves stored_id back if the database is an older copy. The messages that it lacks come again
/// from the cluster's log, and get the ids that they have in the ring.
void AppliedLog::move_back_to(std::uint64_t id) {
    const Guard guard{lock_};
    std::atomic<std::uint64_t>& stored_id = segment_->log().stored_id;
    if (stored_id.load(std::memory_order_relaxed) > id)
        stored_id.store(id, std::memory_order_release);
}

void AppliedLog::fill(const State& state, store::StoreReader& reader) {
    const std::uint64_t last = state.position.last_id;
    std::uint64_t next = segment_->log().last_id.load(std::memory_order_relaxed) + 1;
    while (next <= last) {
        Page page;
        const std::uint64_t end = reader.read(
            next, last, [&page](const store::Message& message) { return page.add(message); });
        if (end == next) {
            throw StoreError{StoreError::Kind::unusable,
                             "message " + std::to_string(next) +
                                 ", which the shared memory lacks, cannot be read from the store; "
                                 "stop this node, and begin again from a backup of another node"};
        }
        append(page.messages());
        next = end;
    }
}

void AppliedLog::publish(const State& state, const Changes& changes) {
    add_new_rows(state);
    for (const std::string_view name : changes.clients) {
        const std::uint32_t row = rows_.row_of(name);
        report_if_unknown(name, row);
        set_seq_and_login(row, state.clients.find(name)->second);
    }
    append(changes.messages);
    for (const std::string_view name : changes.nodes) {
        const auto node = state.nodes.find(name);
        set_node(node->first, node->second);
    }
    for (const std::string_view name : changes.clients) {
        set_client(rows_.row_of(name), state.clients.find(name)->second);
    }
    finish(state);
    if (!changes.messages.empty()) news_.announce();
}

/// Appends stored messages, and shows them. Those that the ring has already are left out.
void AppliedLog::append(std::span<const store::Message> messages) {
    const std::uint64_t last = segment_->log().last_id.load(std::memory_order_relaxed);
    const auto known = std::ranges::find_if(
        messages, [last](const store::Message& message) { return message.id > last; });
    const auto skipped = static_cast<std::size_t>(known - messages.begin());
    if (skipped != 0) shm::publish_stored(*segment_, {}, messages[skipped - 1].id);
    messages = messages.subspan(skipped);
    while (!messages.empty()) {
        const std::size_t count = append_batch(messages);
        shm::publish_stored(*segment_, {}, messages[count - 1].id);
        messages = messages.subspan(count);
    }
}

/// Appends as many messages as fit into one batch. @return how many
std::size_t AppliedLog::append_batch(std::span<const store::Message> messages) {
    const Guard guard{lock_};
    const shm::LogHeader& log = segment_->log();
    const std::uint64_t max_first_id = log.stored_id.load(std::memory_order_relaxed) + 1;  // (4)
    const std::uint64_t last_time = log.last_time_ms.load(std::memory_order_relaxed);
    shm::LogBatch batch{*segment_, max_first_id, last_time};
    std::size_t count = 0;
    for (const store::Message& message : messages) {
        if (message.id != batch.last_id() + 1) std::abort();  // ids are dense
        batch.set_time(message.time_ms);
        const shm::LogBatch::Record record{message.sender, rows_.row_of(message.sender),
                                           message.seq, message.body};
        if (batch.add(record, store::record_format) != shm::LogBatch::Added::added) break;
        ++count;
    }
    if (count == 0) {
        throw StoreError{StoreError::Kind::unusable, "message " +
                                                         std::to_string(messages.front().id) +
                                                         " does not fit into the shared memory"};
    }
    batch.commit();
    derive(messages.first(count));
    return count;
}

/// Raises the last seqs to those of records that were just committed (6). The caller holds the
/// lock.
void AppliedLog::derive(std::span<const store::Message> messages) {
    for (const store::Message& message : messages) {
        const std::uint32_t row = rows_.row_of(message.sender);
        if (row == shm::LogReader::no_row) continue;
        std::atomic<std::uint64_t>& last_seq = segment_->client(row).last_seq;
        if (last_seq.load(std::memory_order_relaxed) < message.seq)
            last_seq.store(message.seq, std::memory_order_release);
    }
    segment_->log().derived_id.store(messages.back().id, std::memory_order_release);
}

void AppliedLog::add_new_rows(const State& state) {
    const std::vector<std::uint32_t> added = rows_.add_new();
    if (added.empty()) return;
    name_senders();
    for (const std::uint32_t row : added) {
        const auto client = state.clients.find(shm::name_of(*segment_, row));
        if (client == state.clients.end()) continue;
        set_seq_and_login(row, client->second);
        set_client(row, client->second);
    }
}

/// Enters the rows of clients that were not known before as the senders of their records in the
/// ring, so that they do not receive their own messages.
void AppliedLog::name_senders() {
    const shm::LogHeader& log = segment_->log();
    shm::LogReader reader{*segment_, 0};
    const std::uint64_t last = log.last_id.load(std::memory_order_relaxed);
    for (std::uint64_t id = log.first_id.load(std::memory_order_relaxed); id <= last; ++id) {
        std::atomic<std::uint32_t>& sender = segment_->sender(id);
        if (sender.load(std::memory_order_relaxed) != shm::LogReader::no_row) continue;
        shm::Chunk chunk;
        if (reader.read(id, id, shm::LogReader::no_row, chunk) != shm::LogReader::Result::copied)
            continue;
        const auto message = store::message_in(chunk, shm::index_entry(*segment_, chunk, id));
        if (message) sender.store(rows_.row_of(message->sender), std::memory_order_relaxed);
    }
}

void AppliedLog::set_node(const std::string& name, const NodeState& node) {
    const auto index = row_of_node(*segment_, name);
    if (!index) return;
    segment_->cluster().nodes[*index].incarnation.store(node.incarnation,
                                                        std::memory_order_release);
}

/// Sets in the row of a client what must precede its messages: the seq because of Session::login(),
/// and the login because an earlier session of the client would otherwise deliver the messages of a
/// later one. Does nothing without a row.
void AppliedLog::set_seq_and_login(std::uint32_t row, const ClientState& client) {
    if (row == shm::LogReader::no_row) return;
    shm::ClientRow& shown = segment_->client(row);
    shown.stored_seq.store(client.seq, std::memory_order_release);
    // A login never moves to another node.
    if (shown.login.load(std::memory_order_relaxed) == client.login) return;
    set_login_node(*segment_, shown, client.node);
    shown.login.store(client.login, std::memory_order_release);
    presence_changed_ = true;
}

/// Sets the rest of the row, when all messages up to the client's cursor are visible. Does nothing
/// without a row.
void AppliedLog::set_client(std::uint32_t row, const ClientState& client) {
    if (row == shm::LogReader::no_row) return;
    shm::ClientRow& shown = segment_->client(row);
    raise_cursor(shown.cursor, client.cursor);
    if (client.login == 0) forget_sent_seq(shown, client.seq);
    end_other_session(row);
}

/// Sets the last seq of a client that is not logged in. It may be above the applied one, because a
/// session's last messages were dropped, or the seq was set back.
void AppliedLog::forget_sent_seq(shm::ClientRow& row, std::uint64_t seq) {
    const Guard guard{lock_};
    row.last_seq.store(seq, std::memory_order_release);
}

/// Ends the session of a client whose login is no longer the current one.
void AppliedLog::end_other_session(std::uint32_t row) {
    const auto session = shm::online_session(*segment_, row);
    if (!session) return;
    const std::uint64_t login = segment_->session(session->slot).login.load();
    if (login == segment_->client(row).login.load(std::memory_order_relaxed)) return;
    if (const base::UniqueFd process = shm::open_session(*segment_, *session))
        base::send_signal(process, SIGTERM);
}

void AppliedLog::report_if_unknown(std::string_view name, std::uint32_t row) {
    if (row != shm::LogReader::no_row && shm::is_known(*segment_, row)) return;
    if (!reported_.emplace(name).second) return;
    report_("client " + std::string{name} +
            " of the cluster is not among the clients of this node; its messages are kept");
}

/// Gives up what retention has deleted (trim). The store may delete it later.
void AppliedLog::raise_first_id(std::uint64_t id) {
    std::atomic<std::uint64_t>& first_id = segment_->log().first_id;
    if (first_id.load(std::memory_order_relaxed) >= id) return;
    const Guard guard{lock_};
    if (first_id.load(std::memory_order_relaxed) < id)
        first_id.store(id, std::memory_order_release);
}

void AppliedLog::show_revision(const State& state) noexcept {
    segment_->cluster().revision.store(static_cast<std::uint64_t>(state.position.revision),
                                       std::memory_order_release);
}

/// Moves the head of the outbox to the first entry of this node that is not applied, and wakes the
/// sessions. The head never passes the outbox's end, not even if the log has more of this node than
/// its segment has.
void AppliedLog::finish(const State& state) {
    raise_first_id(state.position.first_id);
    show_revision(state);
    const shm::OutboxHeader& outbox = segment_->outbox();
    const auto own = state.nodes.find(node_of(state, outbox.incarnation));
    const std::uint64_t head = outbox.head.load(std::memory_order_relaxed);
    const std::uint64_t next = own == state.nodes.end() ? 0 : own->second.next;
    if (next > head && next <= outbox.end.load()) shm::publish_applied(*segment_, next);
    if (std::exchange(presence_changed_, false)) shm::announce_presence(*segment_);
}

}  // namespace belfry::cluster
