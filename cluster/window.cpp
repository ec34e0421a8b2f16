#include "cluster/window.hpp"

#include "cluster/node_record.hpp"
#include "cluster/pause.hpp"
#include "cluster/text_fields.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace belfry::cluster {
namespace {

constexpr std::string_view key = "window";

/// How many batches are listed and deleted at a time.
constexpr std::size_t batches_at_a_time = 1000;

/// The longest time of one step, so that the key is looked after.
constexpr std::chrono::seconds max_step{3};

bool is_alive(std::string_view node, const Values& alive) {
    return alive.find("alive/" + std::string{node}) != nullptr;
}

/// Returns the revision up to which all registered nodes have stored everything; nothing if it is
/// not known.
/// @param holder the incarnation of this node, which becomes a member before it writes its record
std::optional<Revision> stored_by_all(const Values& nodes, const std::string& holder) {
    Revision least = nodes.revision;
    bool has_own = false;
    for (const Value& value : nodes.values) {
        const auto record = parse_node_record(value.value);
        if (!record) return {};
        least = std::min(least, static_cast<Revision>(record->revision));
        has_own = has_own || hex_text(record->incarnation) == holder;
    }
    return has_own ? std::optional{least} : std::nullopt;
}

/// Returns the revision up to which all living nodes have stored everything.
Revision stored_by_living(const Values& nodes, const Values& alive) {
    Revision least = nodes.revision;
    for (const Value& value : nodes.values) {
        const auto record = parse_node_record(value.value);
        if (record && is_alive(value.key.substr(node_prefix.size()), alive))
            least = std::min(least, static_cast<Revision>(record->revision));
    }
    return least;
}

}  // namespace

Window::Window(Engine& engine, std::string holder, std::function<Lease()> lease, Report report)
    : engine_{&engine},
      holder_{std::move(holder)},
      lease_{std::move(lease)},
      report_{std::move(report)} {}

void Window::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        step(Clock::now());
        pause(interval, stop);
    }
}

void Window::step(Clock::time_point now) {
    is_held_ = hold();
    if (!is_held_) {
        samples_.clear();
        registered_.clear();
        return;
    }
    const auto nodes = engine_->read_all(node_prefix);
    const auto alive = engine_->read_all("alive/");
    if (!nodes || !alive) return;
    report_removed(*nodes);
    const auto stored = stored_by_all(*nodes, holder_);
    if (!stored) return;
    samples_.push_back({now, *stored});
    while (samples_.size() > 1 && now - samples_[1].time >= min_age) samples_.pop_front();
    const std::uint64_t bytes = engine_bytes();
    remove_up_to(bytes > max_bytes / 2 ? *stored : aged(now));
    if (compacted_ < *stored) return;  // There is more of that to delete.
    if (bytes > 2 * max_bytes) return give_up_some(nodes->revision, now);
    if (bytes > max_bytes) give_up_some(stored_by_living(*nodes, *alive), now);
}

/// Takes the key, or puts it under the present lease if this node has it already.
bool Window::hold() {
    const Lease lease = lease_();
    if (lease == 0) {
        if (is_held_) static_cast<void>(engine_->remove(key));
        return false;
    }
    const auto created = engine_->create(key, holder_, lease);
    if (!created) return false;
    if (*created) return true;
    const auto replaced = engine_->replace(key, holder_, holder_, lease);
    return replaced && *replaced;
}

/// Logs which nodes are no longer registered.
void Window::report_removed(const Values& nodes) {
    std::set<std::string> registered;
    for (const Value& value : nodes.values) {
        registered.insert(value.key.substr(node_prefix.size()));
    }
    for (const std::string& node : registered_) {
        if (registered.contains(node)) continue;
        report_("node " + node +
                " has been away for 7 days or was removed; etcd does not keep messages for it any "
                "longer, so it has to begin again from a backup");
    }
    registered_ = std::move(registered);
}

/// Returns what all nodes had stored min_age ago; 0 if this node has not held the key for so long.
Revision Window::aged(Clock::time_point now) const {
    const Sample& oldest = samples_.front();
    return now - oldest.time >= min_age ? oldest.revision : 0;
}

/// Returns the size of the largest database of the engine's servers.
std::uint64_t Window::engine_bytes() {
    std::uint64_t bytes = 0;
    for (const ServerHealth& server : engine_->health().servers) {
        bytes = std::max(bytes, server.bytes);
    }
    return bytes;
}

/// Deletes the older half of what is left up to a revision, because the engine is full, although
/// not all nodes have stored it.
void Window::give_up_some(Revision end, Clock::time_point now) {
    if (end <= compacted_ + 1 || now < next_giving_up_) return;
    next_giving_up_ = now + giving_up_interval;
    report_(
        "etcd holds more than 1 GiB, so messages are deleted there that a node of the cluster "
        "has not stored; that node has to begin again from a backup");
    remove_up_to(compacted_ + (end - compacted_) / 2);
}

/// Deletes the batches up to a revision, and then the history up to it.
void Window::remove_up_to(Revision revision) {
    if (revision <= compacted_) return;
    const auto end = Clock::now() + max_step;
    while (Clock::now() < end) {
        const auto old = engine_->old_batches(revision, batches_at_a_time);
        if (!old) return;
        if (old->empty()) {
            if (engine_->compact(revision)) compacted_ = revision;
            return;
        }
        if (!engine_->delete_batches(*old)) return;
    }
}

}  // namespace belfry::cluster
