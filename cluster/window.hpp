#pragma once

#include "cluster/engine.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace belfry::cluster {

/// Deletes old batches from the engine, so that it keeps a window of the log. Only the node that
/// holds the key `window` does so. A batch is deleted when all registered nodes have stored it and
/// it is min_age old, or as soon as all of them have stored it if the engine is half full. A batch
/// that a node has not stored is deleted when it is max_age old, or when the engine is full; that
/// node then has to begin again from a backup. It runs in a thread of its own, because deleting
/// takes time.
class Window {
  public:
    static constexpr std::chrono::seconds interval{5};
    /// New nodes may begin without a backup for this time after a cluster was begun.
    static constexpr std::chrono::minutes min_age{10};
    static constexpr std::chrono::hours max_age{7 * 24};
    static constexpr std::uint64_t max_bytes = 1ULL << 30;

    using Clock = std::chrono::steady_clock;
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    /// @param lease returns the lease of this node; 0: none
    Window(Engine& engine, std::string node, std::function<Lease()> lease, Report report);

    /// Works until the thread is to stop.
    void run(const std::stop_token& stop);

    /// Takes the key `window` if nobody has it, and then deletes what is due.
    /// @param now_ms Unix time
    void step(Clock::time_point now, std::uint64_t now_ms);

    /// Tells whether this node holds the key. Any thread may call it.
    [[nodiscard]] bool is_held() const noexcept { return is_held_; }

  private:
    [[nodiscard]] bool hold();
    [[nodiscard]] std::optional<Revision> stored_by_all();
    [[nodiscard]] Revision aged(Clock::time_point now) const;
    [[nodiscard]] std::uint64_t engine_bytes();
    void delete_stored(Revision up_to);
    void delete_beyond_limits(std::uint64_t bytes, Revision stored, std::uint64_t now_ms);
    [[nodiscard]] bool is_too_old(const BatchKey& batch, std::uint64_t now_ms);
    void remove(std::span<const BatchKey> batches);
    void compact(Revision revision);

    /// The revision of the engine at a time.
    struct Sample {
        Clock::time_point time;
        Revision revision;
    };

    Engine* engine_;
    std::string node_;
    std::function<Lease()> lease_;
    Report report_;
    std::atomic<bool> is_held_ = false;
    std::deque<Sample> samples_;  ///< of the last min_age
    Revision compacted_ = 0;
};

}  // namespace belfry::cluster
