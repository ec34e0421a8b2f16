#include "cluster/applier.hpp"

#include "daemon/logger.hpp"
#include "shm/news.hpp"
#include "store/store_error.hpp"
#include "store/store_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace belfry::cluster {
namespace {

using store::StoreError;

/// Time between two attempts to use a store that fails, or to take its lock.
constexpr std::chrono::seconds retry_interval{1};
constexpr std::chrono::milliseconds lock_retry{20};

/// How often the status is decided anew, and the files are looked at. A lost wake-up costs at most
/// the former.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::milliseconds check_interval{900};

/// How often the revision is stored if there is nothing else to store. The engine keeps the log
/// after the stored revision, and a node that starts again reads from there.
constexpr std::chrono::seconds position_interval{60};

void warn(const std::string& line) {
    log_event(LogLevel::warning, line);
}

std::string place_of(const Batch& batch) {
    return " at revision " + std::to_string(batch.key.revision);
}

}  // namespace

Applier::Store::Store(shm::Segment& segment, const std::filesystem::path& data_dir,
                      const store::StoreLock& lock)
    : writer{segment, data_dir, lock, &warn}, log{segment, &warn} {}

Applier::Applier(shm::Segment& segment, std::filesystem::path data_dir, NewsQueue& queue,
                 Status& status, StoredLog& stored, Owner owner)
    : segment_{&segment},
      data_dir_{std::move(data_dir)},
      queue_{&queue},
      status_{&status},
      stored_{&stored},
      owner_{std::move(owner)} {
    for (const char* const name : {"lock", "alive"}) lock_files_.emplace_back(data_dir_ / name);
}

bool Applier::run() {
    while (true) {
        try {
            store::require_store(data_dir_);
            // The lock is taken again each time, because the lock file may be gone or belong to
            // another server.
            const auto lock = wait_for_lock();
            return lock && work(*lock);
        } catch (const StoreError& error) {
            status_->set(Problem::store, error.what());
        }
        if (is_to_drain()) return false;
        sleep_until(Clock::now() + retry_interval, [] { return false; });
    }
}

/// Waits for the store's lock, since an earlier process that was killed may still be exiting.
/// @return nothing if the node is to drain
std::optional<store::StoreLock> Applier::wait_for_lock() {
    while (true) {
        if (auto lock = store::StoreLock::try_take(data_dir_)) return lock;
        if (is_to_drain()) return {};
        sleep_until(Clock::now() + lock_retry, [] { return false; });
    }
}

/// @return whether everything was applied and stored when the node was to drain
bool Applier::work(const store::StoreLock& lock) {
    if (last_files_) last_files_->require_no_old_write_ahead_log();
    Store open{*segment_, data_dir_, lock};
    require_lock_files();
    start(open);
    const auto has_news = [this] {
        return (queue_->has_news() && !cannot_apply_) || is_to_drain();
    };
    while (!is_to_drain()) {
        apply_received(open);
        look_after(open);
        open.log.wake_rest(has_news);
        if (!open.has_old) sleep_until(next_look_, has_news);
    }
    return drain(open);
}

/// Brings the segment up to the database, and lets the watcher read the log after it.
void Applier::start(Store& open) {
    const store::SavedCluster saved = open.writer.start();
    open.state = state_of(saved);
    if (owner_.started) stored_->record = record_in(saved);
    last_files_ = open.writer.files();
    store::StoreReader reader{data_dir_};
    open.log.start(open.state, reader);
    open.has_old = true;
    require_own_entries(open.state);
    if (segment_->outbox().head != 0 && was_ended(open.state)) report_end(open.state);
    show_stored(open);
    read_from(open.state.position.revision);
    status_->set(Problem::store, {});
    if (owner_.started) std::exchange(owner_.started, nullptr)(open.state);
}

/// Returns the record of this node that a database has noted.
Revision Applier::record_in(const store::SavedCluster& saved) const {
    const auto own = std::ranges::find(saved.nodes, shm::shared_text(segment_->cluster().node),
                                       &store::ClusterNode::name);
    return own == saved.nodes.end() ? 0 : own->record;
}

/// Lets the watcher begin after this revision, unless it is already where the database ends. It is
/// not if the database is the first one, or an older copy was put in its place.
void Applier::read_from(Revision revision) {
    if (stored_up_to_ && revision >= *stored_up_to_) return;
    pending_.reset();
    queue_->start(revision);
    stored_up_to_ = revision;
}

/// Applies what has been received, in one transaction.
void Applier::apply_received(Store& open) {
    if (cannot_apply_) return;
    if (!pending_) pending_ = queue_->take();
    if (!pending_) return;
    Changes changes;
    const bool was_of_this_node = is_of_this_node(open.state);
    apply_batches(open.state, changes);
    if (was_of_this_node && !is_of_this_node(open.state)) report_end(open.state);
    require_own_entries(open.state);
    if (!cannot_apply_) {
        Revision& applied = open.state.position.revision;
        applied = std::max(applied, pending_->revision);
    }
    if (!pending_->batches.empty()) {
        commit(open, changes);
    } else {  // Nothing has changed, so the revision is only stored once in a while.
        open.log.show_revision(open.state);
    }
    pending_.reset();
}

/// Applies the pending batches up to the first one that this node cannot pass.
void Applier::apply_batches(State& state, Changes& changes) {
    for (const Batch& batch : pending_->batches) {
        const std::string node{node_of(state, batch.key.incarnation)};
        const Verdict verdict = apply(state, batch, segment_->geometry().max_payload, changes);
        if (must_stop(verdict)) return stop_at(batch, verdict);
        if (verdict == Verdict::malformed) {
            warn("node " + node + " has written a damaged batch" + place_of(batch) +
                 "; no entry of it is taken until it starts again with a new shared memory");
        }
        if (verdict == Verdict::foreign && batch.key.incarnation == segment_->outbox().incarnation)
            report_end(state);
    }
}

/// Tells whether the cluster takes entries out of this node's outbox.
bool Applier::is_of_this_node(const State& state) const noexcept {
    return !node_of(state, segment_->outbox().incarnation).empty();
}

void Applier::commit(Store& open, const Changes& changes) {
    store::ClusterStep step = step_of(open.state, changes);
    step.record = stored_->record;
    open.writer.commit(step);
    stored_record_ = step.record;
    stored_up_to_ = open.state.position.revision;
    show_stored(open);
    open.log.publish(open.state, changes);
    open.writer.checkpoint();
    open.has_old |= open.state.position.first_id > forgotten_below_;
    next_position_ = Clock::now() + position_interval;
}

/// Stops before a batch that this program cannot pass, for good.
void Applier::stop_at(const Batch& batch, Verdict verdict) {
    cannot_apply_ = true;
    if (verdict == Verdict::unknown_kind) {
        return status_->set(Problem::entry, "a newer version has written to the cluster's log" +
                                                place_of(batch) + "; upgrade this node");
    }
    status_->set(Problem::entry,
                 "the cluster's log has lost what belongs before a batch" + place_of(batch) +
                     "; stop this node, and begin again from a backup of another node");
}

/// Stops a node whose entries the cluster no longer takes, because its incarnation is no longer the
/// current one of its name.
void Applier::report_end(const State& state) {
    give_up_outbox(was_ended(state)
                       ? "the cluster takes no more entries of this node, because a batch of it "
                         "was damaged"
                       : "the cluster takes no entries of this node's shared memory, because the "
                         "node of this name has begun again elsewhere, or a batch was damaged");
}

/// Tells whether a malformed batch has ended the last incarnation of this node.
bool Applier::was_ended(const State& state) const {
    const auto own = state.nodes.find(shm::shared_text(segment_->cluster().node));
    return own != state.nodes.end() && own->second.incarnation == 0;
}

/// Stops a node if the cluster has entries of it that its own outbox does not have yet. A virtual
/// machine that was set back to a snapshot of its memory is such a node: other entries would get
/// the positions of those that the cluster has.
void Applier::require_own_entries(const State& state) {
    const shm::OutboxHeader& outbox = segment_->outbox();
    const auto own = state.nodes.find(node_of(state, outbox.incarnation));
    if (own == state.nodes.end() || own->second.next <= outbox.end.load()) return;
    give_up_outbox("the shared memory of this node is older than its entries in the cluster's log");
}

/// Stops the node for good: only a new segment has a new outbox.
void Applier::give_up_outbox(const std::string& reason) {
    status_->set(Problem::outbox, reason +
                                      "; stop this node, and delete its shared memory with "
                                      "belfryctl remove before it starts again");
}

/// Does what is due besides applying.
void Applier::look_after(Store& open) {
    const auto now = Clock::now();
    if (now >= next_look_) look();
    if (now >= next_check_) {
        next_check_ = now + check_interval;
        open.writer.require_files();  // first, because the loss of the store is more serious
        require_lock_files();
        open.log.add_new_rows(open.state);
    }
    const bool has_position = open.state.position.revision > stored_->revision;
    // That the engine has lost data must be known after a restart too.
    const bool has_loss = stored_->record == lost_record && stored_record_ != lost_record;
    if (has_loss || (has_position && now >= next_position_)) commit(open, {});
    forget_old(open);
}

/// Deletes messages that retention has given up, a few at a time.
void Applier::forget_old(Store& open) {
    if (!open.has_old) return;
    open.has_old = open.writer.forget(open.state.position.first_id);
    if (!open.has_old) forgotten_below_ = open.state.position.first_id;
}

/// Applies until this node's outbox is empty, and marks the store as complete.
/// @return false if the engine does not answer, or the node cannot apply the log
bool Applier::drain(Store& open) {
    if (owner_.draining) std::exchange(owner_.draining, nullptr)();
    const shm::OutboxHeader& outbox = segment_->outbox();
    while (outbox.head.load() != outbox.end.load()) {
        const auto now = Clock::now();
        if (now >= next_look_) look();
        if (cannot_apply_ || status_->is_silent(now)) return false;
        if (status_->state() == shm::ClusterState::stopped) return false;
        apply_received(open);
        sleep_until(next_look_, [this] { return queue_->has_news(); });
    }
    commit(open, {});
    open.writer.mark_clean();
    require_lock_files();
    return true;
}

/// Checks the lock files of the data directory. Without them another server could start there, and
/// only the store's own lock would keep it out.
/// @throws StoreError
void Applier::require_lock_files() const {
    for (const base::PlacedFile& file : lock_files_) {
        if (file.is_in_place()) continue;
        throw StoreError{
            StoreError::Kind::failing,
            file.path().string() + " was deleted or replaced; stop the server and start it again"};
    }
}

void Applier::show_stored(const Store& open) noexcept {
    stored_->first_id = open.state.position.first_id;
    stored_->last_id = open.state.position.last_id;
    stored_->revision = open.state.position.revision;
}

/// Sleeps until `has_work` returns true, or until the deadline.
template <class HasWork>
void Applier::sleep_until(Clock::time_point deadline, HasWork has_work) {
    if (Clock::now() >= next_look_) look();
    shm::wait_for_work(*segment_, deadline, has_work);
}

bool Applier::is_to_drain() const {
    return segment_->stop_word() == shm::StopWord::archiver_drains;
}

void Applier::look() {
    next_look_ = Clock::now() + look_interval;
    owner_.look();
}

}  // namespace belfry::cluster
