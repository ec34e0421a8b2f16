#pragma once

#include "cluster/engine.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <stop_token>
#include <string>

namespace belfry::cluster {

/// Deletes old batches from the engine, so that it keeps a window of the log. Only the node that
/// holds the key `window` does so. A batch is deleted when all registered nodes have stored it and
/// that was min_age ago, or as soon as all of them have stored it if there are more than half of
/// max_bytes. If there are more than max_bytes all the same, half of what only nodes lack that are
/// not alive is deleted too, and with more than twice as much, half of what any node lacks. In both
/// cases the nodes that lack it have to begin again from a backup, and so has a node that was away
/// until it was no longer registered. The size is that of the whole engine. It runs in a thread of
/// its own, because deleting takes time.
class Window {
  public:
    static constexpr std::chrono::seconds interval{5};
    /// New nodes may begin without a backup for this time after a cluster was begun.
    static constexpr std::chrono::minutes min_age{10};
    static constexpr std::uint64_t max_bytes = 1ULL << 30;
    /// After something that not all nodes have stored was deleted, the engine has this time to
    /// become smaller.
    static constexpr std::chrono::minutes giving_up_interval{1};

    using Clock = std::chrono::steady_clock;
    /// Logs one line.
    using Report = std::function<void(const std::string&)>;

    /// @param holder the value of the key: this node's incarnation, because two nodes that were
    /// given one name must not both hold it
    /// @param lease returns the lease of this node; 0 while it must not hold the key
    Window(Engine& engine, std::string holder, std::function<Lease()> lease, Report report);

    /// Works until the thread is to stop.
    void run(const std::stop_token& stop);

    /// Takes the key `window` if nobody has it, and then deletes what is due. Gives the key back if
    /// this node must no longer hold it.
    void step(Clock::time_point now);

    /// Tells whether this node holds the key. Any thread may call it.
    [[nodiscard]] bool is_held() const noexcept { return is_held_; }

  private:
    [[nodiscard]] bool hold();
    void report_removed(const Values& nodes);
    [[nodiscard]] Revision aged(Clock::time_point now) const;
    [[nodiscard]] std::uint64_t engine_bytes();
    void give_up_some(Revision end, Clock::time_point now);
    void remove_up_to(Revision revision);

    /// The revision of the engine at a time.
    struct Sample {
        Clock::time_point time;
        Revision revision;
    };

    Engine* engine_;
    std::string holder_;
    std::function<Lease()> lease_;
    Report report_;
    std::atomic<bool> is_held_ = false;
    std::deque<Sample> samples_;        ///< of the last min_age
    std::set<std::string> registered_;  ///< the nodes' keys at the last step
    Revision compacted_ = 0;            ///< everything up to it is deleted
    Clock::time_point next_giving_up_;
};

}  // namespace belfry::cluster
