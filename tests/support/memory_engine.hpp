#pragma once

#include "cluster/engine.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// The keys of a cluster in memory, as an etcd that never fails would hold them. Several
/// MemoryEngines share one, each as the engine of a node.
class MemoryKeys {
  public:
    /// Sets a key, as anybody may do with etcdctl.
    void put(std::string_view key, std::string_view value);
    void remove(std::string_view key);
    /// Deletes all keys and the history, and begins at revision 1.
    void wipe();
    /// Ends a lease, as if nobody had kept it.
    void end_lease(cluster::Lease lease);

    [[nodiscard]] std::optional<std::string> value(std::string_view key) const;
    [[nodiscard]] cluster::Revision revision() const;
    [[nodiscard]] cluster::Revision compacted() const;
    /// Returns the batches that exist, in the order of their revisions.
    [[nodiscard]] std::vector<cluster::Batch> batches() const;

    /// The size that health() reports.
    void set_bytes(std::uint64_t bytes);

  private:
    friend class MemoryEngine;

    struct Change {
        cluster::Value value;
        std::optional<cluster::BatchKey> batch;  ///< nothing for a key outside the log
    };

    void change(std::string key, std::optional<std::string> value, cluster::Lease lease = 0,
                std::optional<cluster::BatchKey> batch = {});

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    cluster::Revision revision_ = 1;
    cluster::Revision compacted_ = 0;
    cluster::Lease next_lease_ = 1;
    std::uint64_t bytes_ = 0;
    std::map<std::string, cluster::Value, std::less<>> values_;
    std::map<std::string, cluster::BatchKey, std::less<>> log_;
    std::vector<Change> history_;
    std::map<cluster::Lease, bool> leases_;  ///< true: it has not ended
};

/// An engine in memory, with faults on demand. Any thread may call any function.
class MemoryEngine : public cluster::Engine {
  public:
    explicit MemoryEngine(MemoryKeys& keys) : keys_{&keys} {}

    /// The next calls of create_batch() succeed, but their answers are lost.
    void lose_answers(std::size_t count);
    /// All calls of create_batch() fail like this, and change nothing; nothing: they work.
    void fail_batches(std::optional<cluster::EngineFailure> failure);
    /// No call answers, and the watch is silent.
    void set_silent(bool silent);
    /// Returns how often create_batch() was called.
    [[nodiscard]] std::size_t attempts() const;

    cluster::Answer<cluster::Creation> create_batch(std::uint64_t incarnation,
                                                    std::uint64_t position, std::string_view bytes,
                                                    const cluster::Fence& fence) override;
    cluster::EngineFailure watch(cluster::Revision after, const std::string& settings,
                                 const Receiver& receive) override;
    void stop() noexcept override;
    std::chrono::steady_clock::time_point last_heard() const noexcept override;
    std::string last_failure() const override { return {}; }
    cluster::Answer<bool> has_history_after(cluster::Revision revision) override;
    cluster::Answer<cluster::Values> read(std::string_view key) override;
    cluster::Answer<cluster::Values> read_all(std::string_view prefix) override;
    cluster::Answer<cluster::Revision> put(std::string_view key, std::string_view value,
                                           cluster::Lease lease) override;
    cluster::Answer<bool> create(std::string_view key, std::string_view value,
                                 cluster::Lease lease) override;
    cluster::Answer<bool> replace(std::string_view key, std::string_view expected,
                                  std::string_view value, cluster::Lease lease) override;
    cluster::Answer<cluster::Done> remove(std::string_view key) override;
    cluster::Answer<cluster::Lease> grant_lease(std::chrono::seconds lifetime) override;
    cluster::Answer<bool> keep_lease(cluster::Lease lease) override;
    cluster::Answer<cluster::Done> revoke_lease(cluster::Lease lease) override;
    cluster::Answer<std::vector<cluster::BatchKey>> old_batches(cluster::Revision revision,
                                                                std::size_t limit) override;
    cluster::Answer<cluster::Done> delete_batches(
        std::span<const cluster::BatchKey> batches) override;
    cluster::Answer<cluster::Done> compact(cluster::Revision revision) override;
    cluster::Health health() override;

  private:
    [[nodiscard]] std::optional<cluster::EngineFailure> failure() const;
    [[nodiscard]] bool has_value(std::string_view key, std::string_view value) const;
    [[nodiscard]] cluster::News news_after(cluster::Revision after) const;

    MemoryKeys* keys_;
    std::size_t lost_answers_ = 0;
    std::optional<cluster::EngineFailure> batch_failure_;
    bool is_silent_ = false;
    bool is_stopped_ = false;
    std::size_t attempts_ = 0;
    std::chrono::steady_clock::time_point last_heard_;
};

}  // namespace belfry::test
