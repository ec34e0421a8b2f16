#pragma once

#include "store/database.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The tables of a database that belongs to a cluster. They hold the replicated state, so a backup
/// is all that a new node needs to begin.
namespace belfry::store {

/// A client as the cluster knows it.
struct ClusterClient {
    std::string id;
    std::uint64_t cursor = 0;
    std::uint64_t seq = 0;       ///< the last accepted seq
    std::uint64_t free_seq = 0;  ///< the highest accepted seq up to shm::max_free_seq
    std::uint64_t login = 0;     ///< 0: offline
    std::string node;            ///< where the client is logged in
    bool operator==(const ClusterClient&) const = default;
};

/// A node of the cluster.
struct ClusterNode {
    std::string name;
    std::uint64_t incarnation = 0;
    std::uint64_t next = 0;  ///< the position of the first entry that is not applied
    std::string address;
    std::int64_t record = 0;  ///< only of the database's own node: see ClusterStep
    bool operator==(const ClusterNode&) const = default;
};

/// Where the log of a cluster ends and begins.
struct ClusterPosition {
    std::int64_t revision = 0;  ///< everything up to it is applied
    std::uint64_t last_id = 0;
    std::uint64_t last_time_ms = 0;  ///< of message last_id
    std::uint64_t first_id = 1;      ///< lower ids were deleted by retention
    bool operator==(const ClusterPosition&) const = default;
};

/// The replicated state as a database holds it. It was saved with the messages up to last_id in one
/// transaction.
struct SavedCluster {
    std::string name;  ///< of the cluster
    ClusterPosition position;
    std::vector<ClusterClient> clients;
    std::vector<ClusterNode> nodes;
    std::uint32_t max_payload = 0;  ///< of the cluster; 0: not known
    std::string former_epoch = {};  ///< the one that the last restart_cluster() has ended
};

/// Reads the state. @return nothing if the database was never in a cluster
/// @throws StoreError, also if a server without a cluster has added messages since
[[nodiscard]] std::optional<SavedCluster> read_saved_cluster(Database& database);

/// Returns the name of the cluster to which a database belongs; nothing if it is in none.
/// @throws StoreError
[[nodiscard]] std::optional<std::string> cluster_of(Database& database);

/// Returns the name of the cluster to which the store in the data directory belongs, even if its
/// messages do not match its state. @return nothing if it belongs to none, or there is none
/// @throws StoreError if it cannot be read
[[nodiscard]] std::optional<std::string> cluster_of_store(const std::filesystem::path& data_dir);

/// Makes the database a part of a cluster, with the tables that this needs. Creates the database if
/// it is missing. Its messages up to now are those before the cluster's log. It is one transaction,
/// so a kill leaves all of it or nothing. The caller must hold the lock of the data directory, and
/// no server may be running.
/// @param epoch that of the cluster; a database with messages must have the same
/// @param revision the cluster's log begins after this revision of the engine
/// @param max_payload that of the cluster; 0: not known
/// @throws StoreError, also if the database is in a cluster already, or another process writes to
/// it
void enter_cluster(const std::filesystem::path& data_dir, const std::string& name,
                   const std::string& epoch, std::int64_t revision = 0,
                   std::uint32_t max_payload = 0);

/// Makes the database the beginning of a new log of its cluster, after the engine has lost its
/// data: gives it another epoch, and forgets nodes and logins. It is one transaction.
/// The caller must hold the lock of the data directory, and no server may be running.
/// @param revision the new log begins after this revision of the engine
/// @param former_epoch that of the log which it ends; empty: not known
/// @throws StoreError, also if the database is in no cluster
void restart_cluster(const std::filesystem::path& data_dir, const std::string& epoch,
                     std::int64_t revision = 0, const std::string& former_epoch = {});

}  // namespace belfry::store
