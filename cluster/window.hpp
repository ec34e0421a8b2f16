#pragma once

#include "cluster/engine.hpp"
#include "cluster/node_record.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

namespace belfry::cluster {

/// Deletes old batches from the engine, so that it keeps a window of the log. Only the node that
/// holds the key `window` does so. A batch is deleted when all registered nodes have stored it and
/// that was min_age ago, or as soon as all of them have stored it if there are more than half of
/// max_bytes. A node that has been away for max_age does not count. If there are more than
/// max_bytes all the same, what not all nodes have stored is deleted too. In both cases the nodes
/// that lack it have to begin again from a backup. It runs in a thread of its own, because deleting
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
    [[nodiscard]] std::optional<Revision> stored_by_all(const Values& nodes, const Values& alive,
                                                        std::uint64_t now_ms);
    [[nodiscard]] bool is_away(const std::string& node, const NodeRecord& record,
                               const Values& alive, std::uint64_t now_ms);
    [[nodiscard]] Revision aged(Clock::time_point now) const;
    [[nodiscard]] std::uint64_t engine_bytes();
    void give_up_some(Revision stored, Revision newest);
    void remove_up_to(Revision revision);

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
    std::set<std::string> away_;  ///< nodes that were reported to be away for max_age
    Revision compacted_ = 0;      ///< everything up to it is deleted
};

}  // namespace belfry::cluster
