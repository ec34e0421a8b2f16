#include "store/saved_log.hpp"

#include "shm/words.hpp"

#include <algorithm>
#include <unordered_map>

namespace belfry::store {
namespace {

using Clients = std::unordered_map<std::string, SavedClient>;

Clients read_clients(Database& database) {
    Clients clients;
    Statement rows{database, "SELECT id, cursor, seq FROM clients"};
    while (rows.step()) {
        const std::string id{rows.bytes(0)};
        clients[id] = {id, rows.number(1), rows.number(2)};
    }
    return clients;
}

/// Raises the seqs to those of newer messages, because seqs are saved only once a second.
void add_newer_seqs(Database& database, Clients& clients) {
    Statement newer{database,
                    "SELECT sender, max(seq) FROM messages "
                    "WHERE id > (SELECT seqs_up_to FROM log) GROUP BY sender"};
    while (newer.step()) {
        const std::string id{newer.bytes(0)};
        SavedClient& client = clients[id];
        client.id = id;
        client.seq = std::max(client.seq, newer.number(1));
    }
}

}  // namespace

SavedLog read_saved_log(Database& database) {
    SavedLog saved;
    Statement log{database, "SELECT epoch, durability, clean FROM log"};
    if (!log.step()) return saved;
    saved.epoch = log.bytes(0);
    const bool is_async = log.bytes(1) == shm::name_of(shm::Durability::async);
    saved.durability = is_async ? shm::Durability::async : shm::Durability::commit;
    saved.clean = log.number(2) != 0;
    saved.last_id = read_last_id(database);
    saved.last_time_ms = static_cast<std::uint64_t>(
        database.number("SELECT time FROM messages ORDER BY id DESC LIMIT 1"));
    Clients clients = read_clients(database);
    add_newer_seqs(database, clients);
    for (auto& [id, client] : clients) saved.clients.push_back(std::move(client));
    return saved;
}

std::string read_epoch(Database& database) {
    Statement log{database, "SELECT epoch FROM log"};
    return log.step() ? std::string{log.bytes(0)} : std::string{};
}

std::uint64_t read_last_id(Database& database) {
    // Retention may have deleted the newest message, so the table `log` remembers its id.
    return static_cast<std::uint64_t>(database.number(
        "SELECT max((SELECT last_id FROM log), coalesce((SELECT max(id) FROM messages), 0))"));
}

std::uint64_t read_oldest_id(Database& database) {
    return static_cast<std::uint64_t>(
        database.number("SELECT coalesce((SELECT min(id) FROM messages), 0)"));
}

std::uint64_t read_first_id(Database& database) {
    const std::uint64_t first = read_oldest_id(database);
    return first != 0 ? first : read_last_id(database) + 1;
}

}  // namespace belfry::store
