#include "ctl/reset_seq.hpp"

#include "ctl/kick.hpp"
#include "ctl/liveness.hpp"
#include "ctl/refusal.hpp"
#include "ctl/wait_until.hpp"
#include "shm/client_table.hpp"
#include "shm/data_directory.hpp"
#include "shm/outbox.hpp"
#include "shm/seq_reset.hpp"
#include "shm/seq_rules.hpp"
#include "store/saved_cluster.hpp"
#include "store/seq_reset.hpp"
#include "store/store_file.hpp"
#include "store/store_reader.hpp"
#include "wire/entry.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds wait_timeout{10};

void print(std::ostream& out, const std::string& client_id, std::uint64_t was, std::uint64_t now) {
    out << "the seq of client " << client_id;
    if (was == now) {
        out << " stays " << now << ": it is not above " << shm::max_free_seq << '\n';
    } else {
        out << " was " << was << " and is now " << now << '\n';
    }
}

/// Lowers the seq in the segment of a running server. Its archiver then saves it as it saves every
/// seq.
class RunningReset {
  public:
    RunningReset(const fs::path& data_dir, shm::Segment& segment, const std::string& client_id)
        : data_dir_{data_dir}, segment_{segment}, client_id_{client_id}, row_{row_of(client_id)} {}

    void run(std::ostream& out) {
        const std::uint64_t was = std::max(last_seq(), stored_seq());
        if (was > shm::max_free_seq) reset();
        const std::uint64_t now = last_seq();
        require_in_time(
            [this] { return is_saved(); },
            "the seq was lowered in the segment, but the server did not save it in time");
        print(out, client_id_, was, now);
    }

  private:
    [[nodiscard]] std::uint32_t row_of(const std::string& client_id) const {
        if (const auto row = shm::find_row(segment_, client_id)) return *row;
        throw Refusal{"the server in " + data_dir_.string() + " does not know client " + client_id};
    }

    [[nodiscard]] std::uint64_t last_seq() const { return segment_.client(row_).last_seq.load(); }

    /// Returns the stored seq; 0 without a store, because the field is not used then.
    [[nodiscard]] std::uint64_t stored_seq() const {
        return segment_.has_store() ? segment_.client(row_).stored_seq.load() : 0;
    }

    void reset() {
        wait_until_stored();
        // No seq up to max_free_seq is accepted from this client before the reset, so the result
        // stays valid.
        std::uint64_t highest = 0;
        if (segment_.has_store()) {
            store::StoreReader reader{data_dir_};
            highest = reader.highest_seq(client_id_, shm::max_free_seq);
        }
        require_in_time([&] { return try_to_reset(highest); },
                        "client " + client_id_ + " keeps logging in; stop it first");
    }

    /// Ends the session, and then lowers the seq, so that the client learns it at its next login.
    /// @return false if the client has logged in again meanwhile
    [[nodiscard]] bool try_to_reset(std::uint64_t highest) {
        static_cast<void>(end_session(segment_, row_));
        const std::uint64_t seen = last_seq();
        wait_until_stored();
        return shm::reset_seq(segment_, row_, seen, highest);
    }

    void wait_until_stored() const {
        if (!segment_.has_store()) return;
        const std::string failure = "the server cannot write to its store";
        if (segment_.store_state() == shm::StoreState::fails) throw Refusal{failure};
        const shm::LogHeader& log = segment_.log();
        const std::uint64_t last = log.last_id.load();
        require_in_time([&] { return log.stored_id.load() >= last; }, failure);
    }

    [[nodiscard]] bool is_saved() const {
        if (!segment_.has_store()) return true;
        store::StoreReader reader{data_dir_};
        const auto clients = reader.saved_log().clients;
        const auto saved = std::ranges::find(clients, client_id_, &store::SavedClient::id);
        return saved == clients.end() || saved->seq <= shm::max_free_seq;
    }

    template <class Condition>
    void require_in_time(Condition condition, const std::string& refusal) const {
        if (!wait_until(condition, Clock::now() + wait_timeout)) throw Refusal{refusal};
    }

    const fs::path& data_dir_;
    shm::Segment& segment_;
    const std::string& client_id_;
    std::uint32_t row_;
};

/// Lowers the seq in the cluster: the entry is applied by all nodes alike, and ends the client's
/// session.
class ClusterReset {
  public:
    ClusterReset(shm::Segment& segment, const std::string& client_id)
        : segment_{segment}, client_id_{client_id}, row_{row_of(segment, client_id)} {}

    void run(std::ostream& out) {
        const std::uint64_t was = seq();
        if (was > shm::max_free_seq) reset();
        print(out, client_id_, was, seq());
    }

  private:
    static std::uint32_t row_of(const shm::Segment& segment, const std::string& client_id) {
        if (const auto row = shm::find_row(segment, client_id)) return *row;
        throw Refusal{"the cluster has no client " + client_id};
    }

    /// Returns the seq that the cluster has applied.
    [[nodiscard]] std::uint64_t seq() const { return segment_.client(row_).stored_seq.load(); }

    void reset() {
        const auto deadline = Clock::now() + wait_timeout;
        const auto& head = segment_.outbox().head;
        // The outbox begins with the entry by which the replica introduces the node.
        if (head.load() == 0) throw Refusal{"the node does not take part in the cluster yet"};
        const wire::EntryHead entry{{.kind = wire::EntryKind::reset_seq, .name = client_id_}};
        std::uint64_t end = 0;
        const bool has_room = wait_until(
            [&] { return (end = shm::append_entry(segment_, entry.bytes())) != 0; }, deadline);
        if (!has_room) throw Refusal{"the outbox is full: the cluster does not take entries"};
        if (wait_until([&] { return head.load() >= end; }, deadline)) return;
        throw Refusal{
            "the cluster has not lowered the seq in time; it does so when it works again"};
    }

    shm::Segment& segment_;
    const std::string& client_id_;
    std::uint32_t row_;
};

/// Lowers the seq in the database of a stopped server, under the locks against other writers.
void reset_stopped(std::ostream& out, const fs::path& data_dir, const std::string& client_id) {
    if (!store::has_store(data_dir)) {
        throw Refusal{"no server segment and no store in " + data_dir.string()};
    }
    const shm::DataDirectoryLock lock{data_dir};
    const bool is_stopped = !shm::anybody_alive(data_dir) &&
                            !shm::find_segment(data_dir, boost::interprocess::read_only);
    if (!is_stopped) throw Refusal{"the server in " + data_dir.string() + " has just started"};
    const auto reset = store::reset_saved_seq(data_dir, client_id);
    if (!reset) throw Refusal{"the store in " + data_dir.string() + " has no client " + client_id};
    print(out, client_id, reset->was, reset->now);
}

}  // namespace

void reset_seq(std::ostream& out, const fs::path& data_dir, std::optional<shm::FoundSegment>& found,
               const std::string& client_id) {
    if (!found && store::cluster_of_store(data_dir)) {
        throw Refusal{"the server in " + data_dir.string() +
                      " is a node of a cluster; start it first"};
    }
    if (!found) return reset_stopped(out, data_dir, client_id);
    shm::Segment& segment = found->segment;
    const bool is_alive = live_pid(segment.process(shm::supervisor_entry)) != 0 ||
                          live_pid(segment.process(shm::archiver_entry)) != 0;
    if (!is_alive) {
        throw Refusal{"the server in " + data_dir.string() +
                      " is dead; first start it again or use belfryctl stop"};
    }
    if (segment.is_in_cluster()) return ClusterReset{segment, client_id}.run(out);
    RunningReset{data_dir, segment, client_id}.run(out);
}

}  // namespace belfry::ctl
