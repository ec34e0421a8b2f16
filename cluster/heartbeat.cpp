#include "cluster/heartbeat.hpp"

#include "base/clock.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/text_fields.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "store/clock_watch.hpp"
#include "wire/version.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace belfry::cluster {
namespace {

constexpr const char* reseed_remedy =
    "; run belfryctl cluster reseed on the node that has stored most";

}  // namespace

Heartbeat::Heartbeat(shm::Segment& segment, Engine& engine, Membership& membership, Status& status,
                     StoredLog& stored, std::string address)
    : segment_{&segment},
      engine_{&engine},
      membership_{&membership},
      status_{&status},
      stored_{&stored},
      node_{shm::shared_text(segment.cluster().node)},
      address_{std::move(address)},
      incarnation_{hex_text(segment.outbox().incarnation)},
      lease_{engine, node_, incarnation_},
      clock_{node_} {}

void Heartbeat::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        beat();
        membership_->wait_for_refusal(stop, Clock::now() + interval);
    }
}

void Heartbeat::beat() {
    refusal_.clear();
    beat_unless_refused();
    status_->set(Problem::access, refusal_);
}

void Heartbeat::beat_unless_refused() {
    if (status_->has(Problem::outbox)) {  // another node of this name may need the key
        membership_->set({});
        return lease_.release();
    }
    const Revision stored = stored_->revision;  // before the engine tells its own, which grows
    const auto settings = engine_->read("settings");
    if (!has(settings)) return;
    const auto nodes = engine_->read_all(node_prefix);
    if (!has(nodes)) return;
    std::string line;
    Standing standing = judge(*settings, line);
    if (standing == Standing::member && has_lost_log(*settings, *nodes, stored)) {
        standing = Standing::engine_lost_data;
        line =
            "etcd has lost data: it lacks something that was there before this node had stored "
            "revision " +
            std::to_string(stored) + reseed_remedy;
    }
    status_->set(Problem::settings, line);
    const bool is_member = standing == Standing::member;
    membership_->set_settings(is_member ? settings->values.front().value : "");
    if (!is_member) membership_->set({});
    // Nothing of this node may be among the keys of another cluster.
    if (standing == Standing::other_cluster) return lease_.release();

    const auto alive = engine_->read_all("alive/");
    if (!has(alive)) return;
    const auto held = hold_lease(*alive);
    if (!held) return;  // whether this node has its key is not known, so nothing changes
    const bool is_ours = *held;
    if (is_ours && standing == Standing::member) {
        membership_->set(Fence{node_, incarnation_, settings->values.front().value});
    } else {
        membership_->set({});
    }
    show(*alive, *nodes, is_ours);
    if (is_ours) write_record(*nodes);
}

/// @param line set to what the operator has to do; empty for a member
Heartbeat::Standing Heartbeat::judge(const Values& read, std::string& line) const {
    if (read.values.empty()) {
        line = "etcd has no cluster " + shm::shared_text(segment_->cluster().name) +
               ": it has lost its data" + reseed_remedy;
        return Standing::engine_lost_data;
    }
    const auto settings = parse_settings(read.values.front().value);
    if (!settings || settings->rules > known_rules) {
        line = "the settings of the cluster are those of a newer program; upgrade this node";
        return Standing::other_cluster;
    }
    if (settings->epoch != segment_->epoch()) {
        line = "the cluster has the epoch " + settings->epoch + ", and this node has " +
               std::string{segment_->epoch()} +
               "; stop this node, and begin again from a backup of a node of that cluster";
        return Standing::other_cluster;
    }
    if (settings->max_payload != segment_->geometry().max_payload) {
        line = "the cluster has the --max-payload " + std::to_string(settings->max_payload) +
               ", and this node has " + std::to_string(segment_->geometry().max_payload) +
               "; stop this node and start it again";
        return Standing::other_cluster;
    }
    return Standing::member;
}

/// Tells whether the engine lacks a part of the log that this node has stored, as after a restore
/// from a snapshot. That stays so, whatever is written later: only other settings end it.
/// @param stored what the database had before the engine was asked
bool Heartbeat::has_lost_log(const Values& settings, const Values& nodes, Revision stored) {
    const Value* const own = nodes.find(std::string{node_prefix} + node_);
    const bool is_older = own != nullptr && own->modified < stored_->record;
    if (settings.revision < stored || is_older) stored_->record = lost_record;
    return stored_->record == lost_record;
}

/// @param alive the keys of living nodes
/// @return whether this node has its key; nothing if the engine does not answer
std::optional<bool> Heartbeat::hold_lease(const Values& alive) {
    const Value* const own = alive.find("alive/" + node_);
    if (own == nullptr || own->value != incarnation_ || own->lease != lease_.lease()) {
        lease_.lose();
    }
    const auto held = lease_.keep();
    if (!held) {
        fail(held.failure());
        return {};
    }
    if (!*held) {
        wait_for_old_lease();
        return false;
    }
    refused_since_.reset();
    status_->set(Problem::fence, {});
    return true;
}

void Heartbeat::wait_for_old_lease() {
    const auto now = Clock::now();
    if (!refused_since_) refused_since_ = now;
    if (now - *refused_since_ < max_old_lease) return;
    status_->set(Problem::fence, "another living node of the cluster is called " + node_ +
                                     "; stop one of them, and give it another --node");
}

/// @param is_ours whether this node has its key by now
void Heartbeat::show(const Values& alive, const Values& nodes, bool is_ours) {
    std::vector<RegisteredNode> registered;
    for (const Value& value : nodes.values) {
        std::string name = value.key.substr(node_prefix.size());
        auto record = parse_node_record(value.value);
        if (!record) continue;
        const Value* const living = alive.find("alive/" + name);
        const bool is_alive = name == node_ ? is_ours : living != nullptr;
        const bool is_fresh = living != nullptr && value.modified > living->created;
        registered.push_back({std::move(name), *std::move(record), is_alive, is_fresh});
    }
    const ShownNodes shown = show_nodes(*segment_, registered);
    if (shown.has_changed) shm::announce_presence(*segment_);
    if (shown.has_hidden && !std::exchange(has_reported_hidden_, true)) {
        log_event(LogLevel::warning,
                  "the cluster has more than " + std::to_string(shm::node_rows) +
                      " nodes with clients; the others are not shown here, and their clients count "
                      "as offline");
    }
    check_clock(registered);
}

void Heartbeat::check_clock(const std::vector<RegisteredNode>& nodes) {
    const std::int64_t offset_ms = base::clock_offset_ms();
    clock_.see(nodes, base::unix_ms(), offset_ms);
    const auto compared = clock_.ahead_ms();
    const std::int64_t ahead_ms = compared.value_or(0);
    const bool is_wrong =
        std::chrono::milliseconds{std::abs(ahead_ms)} > ClockCheck::max_difference;
    if (!is_wrong) {
        std::atomic<std::int64_t>& known_ms = segment_->archiver().clock_offset_ms;
        const std::chrono::milliseconds jump{offset_ms - known_ms.load(std::memory_order_relaxed)};
        // The next process of the replica trusts this offset when it deletes by age. So a jump that
        // no other node has confirmed is not stored.
        if (compared || std::chrono::abs(jump) <= store::ClockWatch::max_jump)
            known_ms.store(offset_ms, std::memory_order_relaxed);
        return status_->set(Problem::clock, {});
    }
    if (status_->has(Problem::clock)) return;  // The line says by how much it was wrong at first.
    status_->set(Problem::clock,
                 "the clock of this node is " + std::to_string(std::abs(ahead_ms) / 1000) + " s " +
                     (ahead_ms > 0 ? "ahead of" : "behind") + " those of the other nodes; set it");
}

/// Tells the others how this node is, every record_interval, and when its number of clients has
/// changed.
/// @param nodes the keys of all registered nodes
void Heartbeat::write_record(const Values& nodes) {
    const NodeRecord present = record();
    const auto now = Clock::now();
    if (now < next_record_ && present.clients == clients_told_) return;
    const auto lease = keep_registration(nodes);
    if (!lease) return fail(lease.failure());
    const auto written = engine_->put(std::string{node_prefix} + node_, present.text(), *lease);
    if (!written) return fail(written.failure());
    status_->see_revision(*written);
    if (stored_->record != lost_record) stored_->record = *written;
    clients_told_ = present.clients;
    next_record_ = now + record_interval;
}

/// Extends the lease under which this node is registered, or makes one.
Answer<Lease> Heartbeat::keep_registration(const Values& nodes) {
    const Value* const own = nodes.find(std::string{node_prefix} + node_);
    if (own != nullptr && own->lease != 0) {
        const auto kept = engine_->keep_lease(own->lease);
        if (!kept) return kept.failure();
        if (*kept) return own->lease;
    }
    return engine_->grant_lease(max_absence);
}

NodeRecord Heartbeat::record() const {
    return {.address = address_,
            .version = std::string{wire::version},
            .epoch = std::string{segment_->epoch()},
            .first_id = stored_->first_id,
            .last_id = stored_->last_id,
            .revision = static_cast<std::uint64_t>(stored_->revision.load()),
            .clients = shm::count_online(*segment_),
            .clock_ms = base::unix_ms(),
            .incarnation = segment_->outbox().incarnation};
}

/// Tells whether the engine has answered, and notes that.
bool Heartbeat::has(const Answer<Values>& answer) {
    if (!answer) {
        fail(answer.failure());
        return false;
    }
    status_->answered(Status::Clock::now());
    // Revisions of other users of this etcd do not count, because the watch does not show them.
    for (const Value& value : answer->values) status_->see_revision(value.modified);
    return true;
}

void Heartbeat::fail(const EngineFailure& failure) {
    const bool needs_help =
        failure.error == EngineError::refused || failure.error == EngineError::full;
    if (needs_help) refusal_ = line_for(failure);
}

}  // namespace belfry::cluster
