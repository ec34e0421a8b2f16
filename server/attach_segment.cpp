#include "server/attach_segment.hpp"

#include "base/process.hpp"
#include "base/random.hpp"
#include "cli/command_line.hpp"
#include "daemon/logger.hpp"
#include "server/start_error.hpp"
#include "shm/end_server.hpp"
#include "shm/process_entry.hpp"
#include "store/open_log.hpp"
#include "store/saved_cluster.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"
#include "wire/version.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace belfry::server {
namespace {

/// Checks the durability of the segment against the option: a log in memory cannot get a store, and
/// a log with a store cannot lose it. Of `async` and `commit` the stronger one applies.
/// @throws StartError
void adopt_durability(shm::Segment& segment, const std::string& name, shm::Durability wanted) {
    const shm::Durability has = segment.durability();
    if ((has == shm::Durability::memory) != (wanted == shm::Durability::memory)) {
        throw StartError{name + " has a different --durability; stop its server first"};
    }
    if (wanted == shm::Durability::async && has == shm::Durability::commit) {
        log_event(LogLevel::warning,
                  name + " has --durability commit, which stays until a clean stop");
    }
    if (wanted > has) segment.prefix().durability.store(static_cast<std::uint32_t>(wanted));
}

/// Checks that the segment belongs to the cluster and the node of the options. Its outbox and its
/// log are of no use to another one.
/// @throws StartError if only one of them is in a cluster
/// @throws cli::UsageError if they are in different ones
void require_same_node(const shm::Segment& segment, const std::string& name,
                       const std::optional<ClusterOptions>& wanted) {
    if (segment.is_in_cluster() != wanted.has_value()) {
        throw StartError{name + (wanted ? " is that of a single node; stop its server before it is "
                                          "started with --cluster"
                                        : " is that of a node of a cluster; stop its server before "
                                          "it is started without --cluster")};
    }
    if (!wanted) return;
    const std::string cluster = shm::shared_text(segment.cluster().name);
    const std::string node = shm::shared_text(segment.cluster().node);
    if (cluster == wanted->name && node == wanted->node) return;
    throw cli::UsageError{name + " is that of node " + node + " of the cluster " + cluster +
                          ", not of node " + wanted->node + " of the cluster " + wanted->name +
                          "; stop its server first"};
}

/// A killed supervisor may still be exiting after its lock was released.
constexpr std::chrono::seconds death_timeout{1};

std::string name_of(const shm::FoundSegment& found) {
    return "the shared memory segment " + std::to_string(found.name.shmid);
}

/// Waits until the supervisor of the segment has exited. The data directory's lock keeps other
/// supervisors out, unless somebody deletes the lock file.
/// @return true if there was one, which has exited now
/// @throws StartError if it does not exit
bool wait_for_supervisor(const shm::FoundSegment& found) {
    if (found.state == shm::SegmentState::torn || found.state == shm::SegmentState::unsound) {
        return false;  // it has no usable table of processes
    }
    const shm::Claimant supervisor = shm::open_named(found.segment.process(shm::supervisor_entry));
    if (!supervisor.pidfd || supervisor.pid == ::getpid()) return false;
    const auto deadline = std::chrono::steady_clock::now() + death_timeout;
    if (base::wait_for_end(supervisor.pidfd, deadline)) return true;
    throw StartError{"process " + std::to_string(supervisor.pid) + " is serving " + name_of(found) +
                     ", but its lock file was deleted or replaced; stop that process first"};
}

/// Returns the segment that an earlier server left, once no supervisor serves it.
/// @throws StartError
std::optional<shm::FoundSegment> find_unserved(const std::filesystem::path& data_dir) {
    auto found = shm::find_segment(data_dir, boost::interprocess::read_write);
    if (!found || !wait_for_supervisor(*found)) return found;
    found.reset();  // if the supervisor has removed it, it vanishes when no process maps it
    return shm::find_segment(data_dir, boost::interprocess::read_write);
}

/// Ends the processes of an earlier server: its sessions exit, its archiver stores the remaining
/// records, and the segment is removed. If its store is missing, nothing is done, because the
/// segment may be all that is left of the log. @throws StartError
void end_earlier_server(const Options& options, const shm::FoundSegment& found,
                        const std::string& name) {
    if (found.segment.has_store() &&
        !store::belongs_to_log(options.data_dir, found.segment.epoch())) {
        throw StartError{"the store of " + name + " is missing from " + options.data_dir.string() +
                         "; put it back, or make a new one with the version that created the "
                         "segment: " +
                         store::recover_command(found.name.shmid)};
    }
    const bool ended = shm::end_sessions(found.segment);
    shm::end_archiver(found.segment);
    if (!ended || !shm::wait_for_nobody(options.data_dir)) {
        throw StartError{"processes of an earlier server in " + options.data_dir.string() +
                         " did not exit"};
    }
    shm::remove_segment(options.data_dir, found.name);
}

/// Refuses to replace a segment unless both it and the options have a store, because
/// otherwise its log could not continue.
/// @throws StartError
void require_store(const Options& options, const shm::FoundSegment& found,
                   const std::string& name) {
    if (options.durability != shm::Durability::memory && found.segment.has_store()) return;
    throw StartError{name + " has layout version " +
                     std::to_string(found.segment.prefix().layout_version) +
                     ", but this program has " + std::to_string(shm::layout_version) +
                     "; stop its server first, or remove it with belfryctl remove"};
}

/// Lets the store continue with the log of the segment.
/// @throws StartError if the segment may be all that is left of its log
void resume_store(const Options& options, const shm::FoundSegment& found) {
    const auto refusal = [&](const std::string& why) {
        return StartError{why + "; " + store::kept_for_later(options.data_dir, found)};
    };
    if (!store::has_store(options.data_dir)) {
        throw refusal("the store is gone: no file " + store::store_file(options.data_dir).string());
    }
    try {
        store::resume_log(options.data_dir, found.segment);
    } catch (const store::StoreError& error) {
        throw refusal(error.what());
    }
}

/// Refuses to go on with the log of a cluster without the cluster, because the store could not
/// return to it.
/// @throws StartError
void require_single_node(const Options& options) {
    const auto cluster = store::cluster_of_store(options.data_dir);
    if (!cluster) return;
    throw StartError{"the store in " + options.data_dir.string() + " belongs to the cluster " +
                     *cluster + "; start it with --cluster, or copy its messages into a new " +
                     "store with belfryctl export and import"};
}

/// Returns the log in the store, or a new one.
/// @throws StartError if the store has a log of another epoch than the cluster
store::SavedLog log_to_go_on_with(const Options& options,
                                  const std::optional<ClusterSettings>& cluster) {
    const std::string new_epoch = cluster ? cluster->epoch : store::random_epoch();
    store::SavedLog saved;
    saved.epoch = new_epoch;
    if (options.durability == shm::Durability::memory) return saved;
    if (!cluster) require_single_node(options);
    saved = store::open_log(options.data_dir, options.durability, new_epoch);
    if (cluster && saved.epoch != cluster->epoch) {
        throw StartError{"the store has epoch " + saved.epoch + ", the cluster has epoch " +
                         cluster->epoch};
    }
    if (saved.last_id == 0) return saved;
    log_event(LogLevel::info, "the store has messages up to " + std::to_string(saved.last_id) +
                                  " of log " + saved.epoch);
    if (saved.epoch == new_epoch && !cluster) {
        log_event(LogLevel::warning,
                  "messages delivered but not stored may be lost; the log continues with epoch " +
                      new_epoch);
    }
    return saved;
}

/// Returns the known clients, which may log in, and those that only the store knows, which
/// may not.
std::vector<shm::SegmentPlan::Client> clients_of(const auth::KnownClients& known,
                                                 const store::SavedLog& saved) {
    std::vector<shm::SegmentPlan::Client> clients;
    for (const auth::Client& client : known.all()) {
        clients.push_back({std::string{client.name}, true, 0, 0});
    }
    for (const store::SavedClient& client : saved.clients) {
        const auto listed = std::ranges::find(clients, client.id, &shm::SegmentPlan::Client::id);
        if (listed == clients.end()) {
            clients.push_back({client.id, false, client.cursor, client.seq});
        } else {
            *listed = {client.id, true, client.cursor, client.seq};
        }
    }
    return clients;
}

}  // namespace

std::optional<shm::FoundSegment> segment_to_adopt(const Options& options) {
    auto found = find_unserved(options.data_dir);
    if (!found) return {};
    const std::string name = name_of(*found);
    switch (found->state) {
        case shm::SegmentState::torn:
            log_event(LogLevel::warning, "removing " + name + ": its creation was interrupted");
            shm::remove_segment(options.data_dir, found->name);
            return {};
        case shm::SegmentState::removed:
            log_event(LogLevel::warning, name + " was removed; ending its processes");
            end_earlier_server(options, *found, name);
            return {};
        case shm::SegmentState::unsound:
            throw StartError{name +
                             " is damaged: its sizes and offsets are inconsistent; "
                             "delete it with belfryctl remove"};
        case shm::SegmentState::other_layout:
            require_store(options, *found, name);
            log_event(LogLevel::warning,
                      name + " has a different layout; ending its processes and creating it again");
            end_earlier_server(options, *found, name);
            return {};
        case shm::SegmentState::whole:
            break;
    }
    require_same_node(found->segment, name, options.cluster);
    adopt_durability(found->segment, name, options.durability);
    if (found->segment.has_store()) resume_store(options, *found);
    return found;
}

shm::FoundSegment new_segment(const Options& options, const auth::KnownClients& clients,
                              const std::optional<ClusterSettings>& cluster) {
    const store::SavedLog saved = log_to_go_on_with(options, cluster);
    shm::SegmentPlan plan;
    plan.ring_bytes = options.ring_bytes;
    plan.max_clients = options.max_clients;
    plan.max_payload = cluster ? cluster->max_payload : options.max_payload;
    plan.durability = options.durability;
    if (options.cluster) {
        plan.cluster = {.name = options.cluster->name,
                        .node = options.cluster->node,
                        .incarnation = base::random_value<std::uint64_t>()};
    }
    plan.epoch = saved.epoch;
    plan.program_version = wire::version;
    plan.clients = clients_of(clients, saved);
    plan.last_id = saved.last_id;
    plan.last_time_ms = saved.last_time_ms;
    return shm::create_segment(options.data_dir, std::move(plan));
}

}  // namespace belfry::server
