#pragma once

#include "base/placed_file.hpp"
#include "cluster/applied_log.hpp"
#include "cluster/apply.hpp"
#include "cluster/news_queue.hpp"
#include "cluster/state.hpp"
#include "cluster/status.hpp"
#include "cluster/stored_log.hpp"
#include "shm/segment.hpp"
#include "store/cluster_writer.hpp"
#include "store/store_files.hpp"
#include "store/store_lock.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace belfry::cluster {

/// Applies the cluster's log: stores what has been received in one transaction, then shows it in
/// the shared log, and then moves the head of the outbox, which is the acknowledgement for the
/// entries of this node. It stands in the place of the archiver: if the store fails, it tries again
/// once a second. One thread uses it, the main thread of the replica.
class Applier {
  public:
    /// What the applier tells its owner, in its own thread.
    struct Owner {
        /// The segment has everything that the database has. Called once.
        std::function<void(const State&)> started;
        /// The node is to drain, and no session is left. Called once.
        std::function<void()> draining;
        /// Called about twice a second.
        std::function<void()> look;
    };

    Applier(shm::Segment& segment, std::filesystem::path data_dir, NewsQueue& queue, Status& status,
            StoredLog& stored, Owner owner);

    /// Applies until the node is to drain, and then until its outbox is empty.
    /// @return false if the outbox could not be emptied, because the engine or the store fails
    [[nodiscard]] bool run();

  private:
    using Clock = shm::Condition::Clock;

    /// The open store, and what is made of it. A failure of the store ends it.
    struct Store {
        Store(shm::Segment& segment, const std::filesystem::path& data_dir,
              const store::StoreLock& lock);

        store::ClusterWriter writer;
        AppliedLog log;
        State state;
        bool has_old = false;  ///< there may be messages to delete
    };

    [[nodiscard]] std::optional<store::StoreLock> wait_for_lock();
    [[nodiscard]] bool work(const store::StoreLock& lock);
    void start(Store& open);
    [[nodiscard]] Revision record_in(const store::SavedCluster& saved) const;
    void read_from(Revision revision);
    void apply_received(Store& open);
    void commit(Store& open, const Changes& changes);
    void apply_batches(State& state, Changes& changes);
    [[nodiscard]] bool is_of_this_node(const State& state) const noexcept;
    void stop_at(const Batch& batch, Verdict verdict);
    void report_end(const State& state);
    [[nodiscard]] bool was_ended(const State& state) const;
    void require_own_entries(const State& state);
    void give_up_outbox(const std::string& reason);
    void look_after(Store& open);
    void forget_old(Store& open);
    [[nodiscard]] bool drain(Store& open);
    void require_lock_files() const;
    void show_stored(const Store& open) noexcept;
    template <class HasWork>
    void sleep_until(Clock::time_point deadline, HasWork has_work);
    [[nodiscard]] bool is_to_drain() const;
    void look();

    shm::Segment* segment_;
    std::filesystem::path data_dir_;
    std::vector<base::PlacedFile> lock_files_;
    NewsQueue* queue_;
    Status* status_;
    StoredLog* stored_;
    Owner owner_;
    std::optional<store::StoreFiles> last_files_;  ///< of the last store that could be written
    /// What was taken from the queue and is not stored yet. After a failure of the store it is
    /// applied again.
    std::optional<ReceivedBatches> pending_;
    std::optional<Revision> stored_up_to_;  ///< of the last commit of any store; none yet
    Revision stored_record_ = 0;            ///< StoredLog::record at the last commit
    std::uint64_t forgotten_below_ = 0;     ///< no lower id is in the database
    bool cannot_apply_ = false;             ///< the log has an entry that must not be passed
    Clock::time_point next_look_;
    Clock::time_point next_check_;
    Clock::time_point next_position_;
};

}  // namespace belfry::cluster
