#pragma once

#include "base/process.hpp"
#include "shm/client_table.hpp"
#include "shm/log_batch.hpp"
#include "shm/log_lock.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"
#include "store/log_record.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/scratch_segment.hpp"
#include "wire/entry.hpp"

#include <signal.h>
#include <unistd.h>

#include <boost/interprocess/sync/scoped_lock.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::test {

/// Returns a small plan of a node of a cluster. Its node rows are filled by PlayedReplica.
[[nodiscard]] inline shm::SegmentPlan cluster_plan() {
    shm::SegmentPlan plan = small_plan();
    plan.durability = shm::Durability::commit;
    plan.cluster = {.name = "test", .node = "here", .incarnation = 7, .outbox_bytes = 64 << 10};
    return plan;
}

/// An entry that owns its texts.
struct KeptEntry {
    wire::EntryKind kind{};
    std::string name;
    std::uint64_t login = 0;
    std::uint64_t number = 0;
    std::uint64_t time_ms = 0;
    std::string body;

    explicit KeptEntry(const wire::Entry& entry)
        : kind{entry.kind},
          name{entry.name},
          login{entry.login},
          number{entry.number},
          time_ms{entry.time_ms},
          body{entry.body} {}
};

/// Plays the replica of a node whose cluster has one other node. It applies what the sessions have
/// put into the outbox, by rules of its own, when the test asks for it, and what the test lets
/// happen at the other node.
class PlayedReplica {
  public:
    static constexpr std::uint32_t here = 1;       ///< as in ClientRow::login_node
    static constexpr std::uint32_t elsewhere = 2;  ///< the other node

    explicit PlayedReplica(shm::Segment& segment, shm::RecordFormat format = store::record_format)
        : segment_{&segment}, format_{format} {
        shm::ClusterBlock& cluster = segment.cluster();
        set_node(cluster.nodes[here - 1], "here", segment.outbox().incarnation);
        set_node(cluster.nodes[elsewhere - 1], "elsewhere", 8);
        set_state(shm::ClusterState::ok);
    }

    void set_state(shm::ClusterState state) {
        if (state == shm::ClusterState::ok) segment_->cluster().has_worked = 1;
        segment_->cluster().state = static_cast<std::uint32_t>(state);
    }

    /// Makes the node one that has not worked yet.
    void set_starting() {
        segment_->cluster().has_worked = 0;
        set_state(shm::ClusterState::no_engine);
    }

    /// Returns the entries that were not applied yet.
    [[nodiscard]] std::vector<KeptEntry> waiting() const {
        const shm::OutboxHeader& outbox = segment_->outbox();
        std::string bytes;
        shm::copy_outbox(*segment_, outbox.head, outbox.end, bytes);
        std::vector<KeptEntry> entries;
        std::string_view rest = bytes;
        while (const auto entry = wire::decode_entry(rest)) {
            entries.emplace_back(*entry);
            rest.remove_prefix(wire::bytes_of(*entry));
        }
        if (!rest.empty()) throw Failure{"the outbox holds a torn entry"};
        return entries;
    }

    /// Applies the next `count` entries, or fewer if there are not as many.
    void apply(std::size_t count) {
        const std::uint64_t head = segment_->outbox().head;
        std::uint64_t end = head;
        for (const KeptEntry& entry : waiting()) {
            if (count-- == 0) break;
            apply(entry, here);
            end += wire::entry_head + entry.name.size() + entry.body.size();
        }
        if (end == head) return;
        shm::publish_applied(*segment_, end);
        end_fenced_sessions();
    }
    void apply_all() { apply(waiting().size()); }

    /// Lets something happen at the other node.
    void apply_elsewhere(wire::EntryKind kind, std::string_view name, std::uint64_t login,
                         std::uint64_t number = 0, std::string_view body = {}) {
        const wire::Entry entry{kind, name, login, number, 0, body};
        apply(KeptEntry{entry}, elsewhere);
        end_fenced_sessions();
    }

    /// Ends the logins of this node that no live session holds.
    void end_dead_logins() {
        for (std::uint32_t row = 0; row < clients_in_use(); ++row) {
            if (!shm::is_login_of_this_node(*segment_, row) || is_held(row)) continue;
            const std::string name{shm::name_of(*segment_, row)};
            const wire::Entry entry{wire::EntryKind::logout, name, segment_->client(row).login};
            if (shm::append_entry(*segment_, wire::EntryHead{entry}.bytes()) == 0) {
                throw Failure{"the outbox has no room for a logout"};
            }
        }
    }

    [[nodiscard]] shm::ClientRow& client(std::string_view name) const {
        return segment_->client(row_of(name));
    }

  private:
    static void set_node(shm::NodeRow& node, std::string_view name, std::uint64_t incarnation) {
        shm::set_shared_text(node.name, name);
        node.incarnation = incarnation;
        node.is_alive = 1;
    }

    [[nodiscard]] std::uint32_t row_of(std::string_view name) const {
        const auto row = shm::find_row(*segment_, name);
        if (!row) throw Failure{"no such client: " + std::string{name}};
        return *row;
    }

    [[nodiscard]] std::uint32_t clients_in_use() const {
        std::uint32_t rows = 0;
        while (!shm::name_of(*segment_, rows).empty()) ++rows;
        return rows;
    }

    [[nodiscard]] bool is_held(std::uint32_t row) const {
        const std::uint64_t login = segment_->client(row).login;
        for (std::uint32_t slot = 0; slot < segment_->geometry().session_slots; ++slot) {
            if (segment_->session(slot).login == login) return true;
        }
        return false;
    }

    void apply(const KeptEntry& entry, std::uint32_t node) {
        shm::ClientRow& row = client(entry.name);
        const bool is_current = entry.login != 0 && row.login == entry.login;
        switch (entry.kind) {
            case wire::EntryKind::message:
                if (is_current && entry.number > row.stored_seq) append(entry);
                break;
            case wire::EntryKind::login:
                if (row.login == entry.number) set_login(row, entry.login, node);
                break;
            case wire::EntryKind::logout:
                if (!is_current) break;
                raise_cursor(row, entry.number);
                set_login(row, 0, 0);
                break;
            case wire::EntryKind::cursor:
                if (is_current) raise_cursor(row, entry.number);
                break;
            case wire::EntryKind::reset_seq:
                set_login(row, 0, 0);
                break;
            default:
                throw Failure{"an entry that no session appends"};
        }
    }

    void append(const KeptEntry& entry) {
        shm::LogHeader& log = segment_->log();
        const std::uint32_t row = row_of(entry.name);
        {
            shm::LogLock lock{*segment_};
            const boost::interprocess::scoped_lock guard{lock};
            shm::LogBatch batch{*segment_, log.stored_id + 1, log.last_time_ms};
            if (batch.add({entry.name, row, entry.number, entry.body}, format_) !=
                shm::LogBatch::Added::added) {
                throw Failure{"the log is full"};
            }
            batch.commit();
            log.derived_id = log.last_id.load();
        }
        std::vector<std::uint64_t> seqs(row + 1);
        seqs[row] = entry.number;
        shm::publish_stored(*segment_, seqs, log.last_id);
        log.new_messages.notify_all();
        log.news_of_senders.notify_all();
    }

    void set_login(shm::ClientRow& row, std::uint64_t login, std::uint32_t node) {
        row.login_node = node;
        row.login = login;
        shm::announce_presence(*segment_);
    }

    static void raise_cursor(shm::ClientRow& row, std::uint64_t id) {
        std::uint64_t old = row.cursor;
        while (shm::unpack_cursor(old).id < id &&
               !row.cursor.compare_exchange_weak(
                   old, shm::pack(shm::Cursor{shm::unpack_cursor(old).generation, id}))) {
        }
    }

    void end_fenced_sessions() {
        for (std::uint32_t row = 0; row < clients_in_use(); ++row) {
            const auto online = shm::online_session(*segment_, row);
            if (!online || segment_->session(online->slot).login == segment_->client(row).login ||
                shm::unpack(online->word).low == static_cast<std::uint32_t>(::getpid())) {
                continue;  // a test that plays a session itself is not a session child
            }
            const base::UniqueFd process = shm::open_session(*segment_, *online);
            if (process) base::send_signal(process, SIGTERM);
        }
    }

    shm::Segment* segment_;
    shm::RecordFormat format_;
};

/// Lets the replica apply everything in a thread of its own while the object exists.
class Applying {
  public:
    Applying(shm::Segment& segment, PlayedReplica& replica)
        : thread_{[&segment, &replica](const std::stop_token& stop) {
              while (!stop.stop_requested()) {
                  replica.apply_all();
                  const auto has_work = [&] {
                      return segment.outbox().end != segment.outbox().head;
                  };
                  static_cast<void>(shm::wait_for_work(
                      segment, shm::Condition::Clock::now() + std::chrono::milliseconds{20},
                      has_work));
              }
          }} {}

  private:
    std::jthread thread_;
};

}  // namespace belfry::test
