#include "store/saved_cluster.hpp"

#include "shm/seq_rules.hpp"
#include "store/saved_log.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"
#include "store/store_lock.hpp"
#include "store/store_reader.hpp"
#include "store/store_writer.hpp"

#include <utility>

namespace belfry::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* tables = R"(
    CREATE TABLE cluster(
        name TEXT NOT NULL,
        revision INTEGER NOT NULL,
        last_id INTEGER NOT NULL,
        last_time INTEGER NOT NULL,
        first_id INTEGER NOT NULL,
        max_payload INTEGER NOT NULL,
        former_epoch TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE nodes(
        name TEXT PRIMARY KEY,
        incarnation INTEGER NOT NULL,
        next INTEGER NOT NULL,
        address TEXT NOT NULL,
        record INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    ALTER TABLE clients ADD COLUMN free_seq INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE clients ADD COLUMN login INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE clients ADD COLUMN node TEXT NOT NULL DEFAULT '';
)";

bool is_in_cluster(Database& database) {
    return database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'cluster'") != 0;
}

std::vector<ClusterClient> read_clients(Database& database) {
    std::vector<ClusterClient> clients;
    Statement rows{database, "SELECT id, cursor, seq, free_seq, login, node FROM clients"};
    while (rows.step()) {
        clients.push_back({std::string{rows.bytes(0)}, rows.number(1), rows.number(2),
                           rows.number(3), rows.number(4), std::string{rows.bytes(5)}});
    }
    return clients;
}

std::vector<ClusterNode> read_nodes(Database& database) {
    std::vector<ClusterNode> nodes;
    Statement rows{database, "SELECT name, incarnation, next, address, record FROM nodes"};
    while (rows.step()) {
        nodes.push_back({std::string{rows.bytes(0)}, rows.number(1), rows.number(2),
                         std::string{rows.bytes(3)}, static_cast<std::int64_t>(rows.number(4))});
    }
    return nodes;
}

StoreError unusable(const fs::path& file, const std::string& why) {
    return {StoreError::Kind::unusable, "the store " + file.string() + " " + why};
}

void require_epoch(const SavedLog& log, const std::string& epoch, const fs::path& file) {
    if (log.last_id == 0 || log.epoch == epoch) return;
    throw unusable(file, "has epoch " + log.epoch + ", but the cluster has epoch " + epoch);
}

/// Returns the clients of a database that is in no cluster, with the seqs of all its messages.
std::vector<ClusterClient> clients_before(const SavedLog& log, const fs::path& data_dir) {
    std::vector<ClusterClient> clients;
    for (const SavedClient& client : log.clients) {
        const std::uint64_t free_seq =
            client.seq <= shm::max_free_seq
                ? client.seq
                : StoreReader{data_dir}.highest_seq(client.id, shm::max_free_seq);
        clients.push_back({client.id, client.cursor, client.seq, free_seq, 0, ""});
    }
    return clients;
}

void save_clients(Database& database, const std::vector<ClusterClient>& clients) {
    Statement save{
        database,
        "INSERT INTO clients(id, cursor, seq, free_seq) VALUES(?, ?, ?, ?) "
        "ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, free_seq = excluded.free_seq"};
    for (const ClusterClient& client : clients) {
        save.bind_text(1, client.id).bind(2, client.cursor).bind(3, client.seq);
        save.bind(4, client.free_seq).run();
    }
}

}  // namespace

std::optional<SavedCluster> read_saved_cluster(Database& database) {
    if (!is_in_cluster(database)) return {};
    Statement row{database,
                  "SELECT name, revision, last_id, last_time, first_id, max_payload, former_epoch "
                  "FROM cluster"};
    if (!row.step()) throw unusable(database.file(), "has no state of its cluster");
    SavedCluster saved{
        std::string{row.bytes(0)},
        {static_cast<std::int64_t>(row.number(1)), row.number(2), row.number(3), row.number(4)},
        read_clients(database),
        read_nodes(database),
        static_cast<std::uint32_t>(row.number(5)),
        std::string{row.bytes(6)}};
    if (read_last_id(database) == saved.position.last_id) return saved;
    throw unusable(database.file(), "ends at message " + std::to_string(read_last_id(database)) +
                                        ", but its part of the cluster's log ends at message " +
                                        std::to_string(saved.position.last_id) +
                                        "; begin from a backup of another node");
}

std::optional<std::string> cluster_of(Database& database) {
    if (!is_in_cluster(database)) return {};
    Statement row{database, "SELECT name FROM cluster"};
    return row.step() ? std::string{row.bytes(0)} : std::string{};
}

void enter_cluster(const fs::path& data_dir, const std::string& name, const std::string& epoch,
                   std::int64_t revision, std::uint32_t max_payload) {
    const StoreLock lock = StoreLock::take(data_dir);
    StoreWriter writer{data_dir};
    writer.keep_wal_files(true);
    writer.claim();
    Database& database = writer.database();
    if (is_in_cluster(database)) throw unusable(database.file(), "is in a cluster already");
    const SavedLog log = writer.saved_log();
    require_epoch(log, epoch, database.file());
    const std::vector<ClusterClient> clients = clients_before(log, data_dir);
    writer.begin();
    database.execute(tables);
    save_clients(database, clients);
    Statement{database, "UPDATE log SET epoch = ?, seqs_up_to = ?"}
        .bind_text(1, epoch)
        .bind(2, log.last_id)
        .run();
    Statement{database,
              "INSERT INTO cluster(name, revision, last_id, last_time, first_id, max_payload) "
              "VALUES(?, ?, ?, ?, ?, ?)"}
        .bind_text(1, name)
        .bind(2, static_cast<std::uint64_t>(revision))
        .bind(3, log.last_id)
        .bind(4, log.last_time_ms)
        .bind(5, writer.first_id())
        .bind(6, max_payload)
        .run();
    writer.commit();
}

std::optional<std::string> cluster_of_store(const fs::path& data_dir) {
    if (!has_store(data_dir)) return {};
    Database database{store_file(data_dir), Database::Mode::read};
    return cluster_of(database);
}

void restart_cluster(const fs::path& data_dir, const std::string& epoch, std::int64_t revision,
                     const std::string& former_epoch) {
    const StoreLock lock = StoreLock::take(data_dir);
    StoreWriter writer{open_existing_to_write(data_dir)};
    writer.keep_wal_files(true);
    writer.claim();
    Database& database = writer.database();
    if (!read_saved_cluster(database)) throw unusable(database.file(), "is in no cluster");
    writer.begin();
    Statement{database, "UPDATE log SET epoch = ?"}.bind_text(1, epoch).run();
    Statement{database, "UPDATE cluster SET revision = ?, former_epoch = ?"}
        .bind(1, static_cast<std::uint64_t>(revision))
        .bind_text(2, former_epoch)
        .run();
    database.execute("UPDATE clients SET login = 0, node = ''");
    database.execute("DELETE FROM nodes");
    writer.commit();
}

}  // namespace belfry::store
