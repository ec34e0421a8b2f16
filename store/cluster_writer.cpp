#include "store/cluster_writer.hpp"

#include "store/open_log.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"

#include <utility>

namespace belfry::store {
namespace {

/// The most messages that one transaction deletes, so that new messages do not wait long.
constexpr std::uint64_t max_forgotten = 1000;

/// The pause after a deletion has met a damaged page, because it would meet the same page again.
constexpr std::chrono::hours forget_timeout{1};

SavedCluster cluster_in(Database& database) {
    auto saved = read_saved_cluster(database);
    if (saved) return *std::move(saved);
    throw StoreError{StoreError::Kind::unusable,
                     "the store " + database.file().string() + " is in no cluster"};
}

}  // namespace

ClusterWriter::ClusterWriter(shm::Segment& segment, const std::filesystem::path& data_dir,
                             const StoreLock& lock, Report report)
    : segment_{&segment},
      report_{std::move(report)},
      files_{data_dir, lock},
      writer_{open_store_of(data_dir, segment)},
      checkpoints_{segment, report_},
      save_client_{writer_.database(),
                   "INSERT INTO clients(id, cursor, seq, free_seq, login, node) "
                   "VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
                   "cursor = excluded.cursor, seq = excluded.seq, free_seq = excluded.free_seq, "
                   "login = excluded.login, node = excluded.node"},
      save_node_{writer_.database(),
                 "INSERT INTO nodes(name, incarnation, next, address) VALUES(?, ?, ?, ?) "
                 "ON CONFLICT(name) DO UPDATE SET incarnation = excluded.incarnation, "
                 "next = excluded.next, address = excluded.address"},
      save_position_{writer_.database(),
                     "UPDATE cluster SET revision = ?, last_id = ?, last_time = ?, first_id = ?"},
      save_record_{writer_.database(), "UPDATE nodes SET record = ? WHERE name = ?"} {}

ClusterWriter::~ClusterWriter() {
    checkpoints_.finish(writer_, files_);
}

SavedCluster ClusterWriter::start() {
    const std::uint64_t first_id = segment_->log().first_id.load();
    writer_.claim();
    files_.add_write_ahead_log();
    require_match(writer_.saved_log(), *segment_, first_id);
    SavedCluster saved = cluster_in(writer_.database());
    writer_.begin_log(segment_->epoch(), segment_->durability());
    files_.require_database();
    return saved;
}

void ClusterWriter::commit(const ClusterStep& step) {
    writer_.begin();
    writer_.add(step.messages);
    for (const ClusterClient& client : step.clients) save_client(client);
    for (const ClusterNode& node : step.nodes) save_node(node);
    if (!step.clients.empty()) writer_.save_seqs_up_to(step.position.last_id);
    save_position(step.position);
    if (step.record != saved_record_) save_record(step.record);
    writer_.commit();
    files_.require_database();
}

void ClusterWriter::save_client(const ClusterClient& client) {
    save_client_.bind_text(1, client.id).bind(2, client.cursor).bind(3, client.seq);
    save_client_.bind(4, client.free_seq).bind(5, client.login).bind_text(6, client.node).run();
}

void ClusterWriter::save_node(const ClusterNode& node) {
    save_node_.bind_text(1, node.name).bind(2, node.incarnation).bind(3, node.next);
    save_node_.bind_text(4, node.address).run();
}

void ClusterWriter::save_position(const ClusterPosition& position) {
    save_position_.bind(1, static_cast<std::uint64_t>(position.revision)).bind(2, position.last_id);
    save_position_.bind(3, position.last_time_ms).bind(4, position.first_id).run();
}

void ClusterWriter::save_record(std::int64_t record) {
    save_record_.bind(1, static_cast<std::uint64_t>(record));
    save_record_.bind_text(2, shm::shared_text(segment_->cluster().node)).run();
    saved_record_ = record;
}

bool ClusterWriter::forget(std::uint64_t first_id) {
    if (writer_.first_id() >= first_id || Clock::now() < next_forgetting_) return false;
    writer_.begin();
    try {
        const auto forgotten = writer_.forget(first_id, 0, 0, max_forgotten);
        writer_.commit();
        return forgotten.has_more;
    } catch (const StoreError& error) {
        if (!error.is_local()) throw;
        writer_.roll_back();
        report_(std::string{"cannot delete old messages: "} + error.what());
        next_forgetting_ = Clock::now() + forget_timeout;
        return false;
    }
}

void ClusterWriter::mark_clean() {
    writer_.begin();
    writer_.mark_clean();
    writer_.commit();
    files_.require_all();
}

}  // namespace belfry::store
