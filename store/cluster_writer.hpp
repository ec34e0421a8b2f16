#pragma once

#include "shm/segment.hpp"
#include "store/checkpoints.hpp"
#include "store/saved_cluster.hpp"
#include "store/saved_log.hpp"
#include "store/store_files.hpp"
#include "store/store_lock.hpp"
#include "store/store_writer.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace belfry::store {

/// What one step of a replica changes. Its messages follow the last one in the store.
struct ClusterStep {
    std::span<const Message> messages;
    std::vector<ClusterClient> clients;  ///< those that have changed
    std::vector<ClusterNode> nodes;      ///< those that have changed
    ClusterPosition position;            ///< after the step
    /// The engine has had this node's own record at this revision. It is not replicated.
    std::int64_t record = 0;
};

/// Writes the store of a node of a cluster: messages and replicated state, at one point. It runs in
/// one thread of the process that holds the store's lock, in the place of the Archiver, and guards
/// the files in the same way. All functions may throw StoreError; after that a new ClusterWriter
/// continues after the last commit.
class ClusterWriter {
  public:
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    /// Opens the store of the segment's log.
    ClusterWriter(shm::Segment& segment, const std::filesystem::path& data_dir,
                  const StoreLock& lock, Report report);
    ClusterWriter(const ClusterWriter&) = delete;
    ClusterWriter& operator=(const ClusterWriter&) = delete;
    /// Tries to leave nothing in the write-ahead log if a file of the store was lost.
    ~ClusterWriter();

    /// Makes the store durable, and returns its state. It must run before any other function.
    [[nodiscard]] SavedCluster start();

    /// Commits a step. It is on stable storage, and the files are in their place, when the function
    /// returns. Only then its messages may be shown.
    void commit(const ClusterStep& step);

    /// Deletes at most 1,000 of the messages below `first_id`. If a damaged page prevents it, they
    /// stay, and another attempt is made an hour later.
    /// @return whether there is more to delete now
    [[nodiscard]] bool forget(std::uint64_t first_id);

    /// Runs a checkpoint of the write-ahead log if one is due. It must be called after the messages
    /// of a step have become visible, because it takes time.
    void checkpoint() { checkpoints_.run(writer_); }

    /// Throws StoreError if a file of the store is not in its place. The caller calls it once a
    /// second.
    void require_files() const { files_.require_all(); }

    /// Returns the store's files. start() must have run.
    [[nodiscard]] const StoreFiles& files() const noexcept { return files_; }

    /// Marks the store as clean, at a stop.
    void mark_clean();

  private:
    using Clock = std::chrono::steady_clock;

    void save_client(const ClusterClient& client);
    void save_node(const ClusterNode& node);
    void save_position(const ClusterPosition& position);
    void save_record(std::int64_t record);

    shm::Segment* segment_;
    Report report_;
    StoreFiles files_;  ///< initialised before writer_: see the constructor of StoreFiles
    StoreWriter writer_;
    Checkpoints checkpoints_;
    Statement save_client_;
    Statement save_node_;
    Statement save_position_;
    Statement save_record_;
    std::int64_t saved_record_ = 0;
    Clock::time_point next_forgetting_;
};

}  // namespace belfry::store
