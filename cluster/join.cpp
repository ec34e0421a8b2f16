#include "cluster/join.hpp"

#include "cli/command_line.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/heartbeat.hpp"
#include "cluster/local_log.hpp"
#include "store/open_log.hpp"
#include "store/saved_cluster.hpp"
#include "store/store_file.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace belfry::cluster {
namespace {

using cli::UsageError;

constexpr std::chrono::milliseconds look_interval{200};

/// How long an old lease may last: etcd may elect a leader more than once meanwhile.
constexpr std::chrono::seconds max_lease_wait{30};

/// The settings as the engine has them.
struct FoundSettings {
    Settings settings;
    Revision created;
};

/// Reads the settings. @return nothing if there are none
std::optional<FoundSettings> found_in(const Values& read) {
    if (read.values.empty()) return {};
    const Value& value = read.values.front();
    auto settings = parse_settings(value.value);
    if (!settings || settings->rules > known_rules) {
        throw UsageError{"the cluster was made by a newer version of belfryd; upgrade this node"};
    }
    return FoundSettings{*std::move(settings), value.created};
}

std::string backup_of_another() {
    return "; begin from a backup of a node of the cluster (belfryctl backup)";
}

class Joining {
  public:
    Joining(Engine& engine, const JoinRequest& request) : engine_{engine}, request_{request} {}

    Settings run() {
        const auto local = read_local_log(request_.data_dir);
        return local && local->cluster ? come_back(*local) : enter(local);
    }

  private:
    /// Joins with a database that is a part of a cluster.
    Settings come_back(const LocalLog& local) {
        if (local.cluster->name != request_.cluster) {
            throw UsageError{"the database " + database() + " belongs to the cluster " +
                             local.cluster->name + ", not to " + request_.cluster};
        }
        Settings unknown{.epoch = local.log.epoch, .max_payload = local.cluster->max_payload};
        const auto read = engine_.read("settings");
        if (!read) return unknown;
        const auto found = found_in(*read);
        if (!found) return unknown;  // The replica says that the engine has lost its data.
        if (found->settings.epoch != local.log.epoch) {
            throw UsageError{"the database " + database() + " has the epoch " + local.log.epoch +
                             ", but the cluster has the epoch " + found->settings.epoch +
                             backup_of_another()};
        }
        wait_for_old_lease();
        const auto has_history = engine_.has_history_after(local.cluster->position.revision);
        if (has_history && !*has_history) {
            throw UsageError{"etcd no longer has the messages that the database " + database() +
                             " has missed" + backup_of_another()};
        }
        return found->settings;
    }

    /// Joins with a database that is in no cluster, or without one.
    Settings enter(const std::optional<LocalLog>& local) {
        const store::SavedLog log = local ? local->log : store::SavedLog{};
        auto found = found_in(value_of(engine_.read("settings")));
        if (!found) {
            create_settings(log);
            found = found_in(value_of(engine_.read("settings")));
        }
        if (!found) throw EngineUnavailable{"the settings of the cluster have vanished"};
        require_same_log(log, found->settings);
        wait_for_old_lease();
        if (!value_of(engine_.has_history_after(found->created))) {
            throw UsageError{"etcd no longer has the beginning of the cluster's log" +
                             backup_of_another()};
        }
        store::enter_cluster(request_.data_dir, request_.cluster, found->settings.epoch,
                             found->created, found->settings.max_payload);
        return found->settings;
    }

    /// If another node is faster, its settings count.
    void create_settings(const store::SavedLog& log) {
        const Settings settings{.epoch = log.epoch.empty() ? store::random_epoch() : log.epoch,
                                .max_payload = request_.max_payload,
                                .base = log.last_id,
                                .node = request_.node};
        static_cast<void>(value_of(engine_.create("settings", settings.text())));
    }

    /// Requires that the cluster's log follows the database. Of several databases with the same
    /// messages, as copies of one server have, only that of the node that has begun the cluster
    /// counts: what else they hold may differ. A database without messages may enter any log.
    void require_same_log(const store::SavedLog& log, const Settings& settings) const {
        if (log.last_id == 0) {
            if (settings.base == 0) return;
            throw UsageError{"the cluster began with " + std::to_string(settings.base) +
                             " messages, which etcd does not have" + backup_of_another()};
        }
        if (log.epoch != settings.epoch || log.last_id != settings.base) {
            throw UsageError{"the database " + database() +
                             " has another log than the cluster; move it away" +
                             backup_of_another()};
        }
        if (request_.node == settings.node) return;
        throw UsageError{"the database " + database() +
                         " is that of a server without a cluster, and the cluster has begun with "
                         "that of node " +
                         settings.node + "; move it away" + backup_of_another()};
    }

    /// Waits for the end of the lease that an earlier process of this node may have left. A node
    /// that lives writes its record again and again, so one that does not has only left its lease,
    /// which etcd prolongs whenever it elects a leader. Without an answer the replica waits
    /// instead.
    void wait_for_old_lease() {
        const auto record = modified("node/" + request_.node);
        const auto begin = std::chrono::steady_clock::now();
        while (modified("alive/" + request_.node).value_or(0) != 0) {
            const auto waited = std::chrono::steady_clock::now() - begin;
            const auto latest = modified("node/" + request_.node);
            if (waited >= Heartbeat::max_old_lease && latest && latest != record) {
                throw UsageError{"another living node of the cluster is called " + request_.node +
                                 "; stop it, or give this one another --node"};
            }
            if (waited >= max_lease_wait) {
                throw EngineUnavailable{"the lease of an earlier process of node " + request_.node +
                                        " does not end"};
            }
            std::this_thread::sleep_for(look_interval);
        }
    }

    /// Returns the revision of a key's last change; 0: there is no such key; nothing: no answer.
    [[nodiscard]] std::optional<Revision> modified(const std::string& key) {
        const auto read = engine_.read(key);
        if (!read) return {};
        return read->values.empty() ? 0 : read->values.front().modified;
    }

    [[nodiscard]] std::string database() const {
        return store::store_file(request_.data_dir).string();
    }

    Engine& engine_;
    const JoinRequest& request_;
};

}  // namespace

Settings join(Engine& engine, const JoinRequest& request) {
    return Joining{engine, request}.run();
}

}  // namespace belfry::cluster
