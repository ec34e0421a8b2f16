#pragma once

#include "cluster/engine.hpp"
#include "daemon/logger.hpp"
#include "shm/segment.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace belfry::cluster {

/// Something that keeps this node from its work. Each part of the replica has its own.
enum class Problem : std::size_t {
    settings,    ///< the engine has lost the cluster, or has another one
    fence,       ///< another living node has this node's name
    outbox,      ///< nobody takes entries of this outbox, so the node needs a new segment
    access,      ///< the engine refuses this node
    log,         ///< the log of the engine cannot be read
    entry,       ///< the log has an entry that this program does not understand
    publishing,  ///< the engine takes no batches
    clock,       ///< this node's clock differs from the others'
    store,       ///< the database cannot be written
};
inline constexpr std::size_t problems = 9;

/// Decides what this node can do with its cluster, from what the threads of the replica have seen,
/// and shows it to the sessions: the state in ClusterBlock, and whether new messages are taken
/// (StoreState). Logs one line for each change. All functions may be called by any thread.
class Status {
  public:
    using Clock = std::chrono::steady_clock;
    using Log = std::function<void(LogLevel, const std::string&)>;

    /// How long the engine may take to answer, and how late the messages of other nodes may be.
    static constexpr std::chrono::seconds max_silence{5};
    static constexpr std::chrono::seconds max_delay{5};

    Status(shm::Segment& segment, Log log);

    /// Records that the engine answered at that time.
    void answered(Clock::time_point when) noexcept;

    /// Records why the engine does not answer, for the line of the log about that.
    void set_failure(std::string line);

    /// Records the revision of a change of the cluster's keys. The watch must show it in time.
    void see_revision(Revision revision) noexcept;

    /// Sets the line that describes a problem, or that it is solved.
    /// @param line one line for people, which says what to do; empty: there is no such problem
    void set(Problem problem, std::string line);

    /// Tells whether there is such a problem.
    [[nodiscard]] bool has(Problem problem) const;

    /// Decides anew. It must be called at least once a second.
    void look(Clock::time_point now);

    /// Ends the object's influence on the segment: the store is `drained` from now on.
    void drained();

    [[nodiscard]] shm::ClusterState state() const;

    /// Tells whether the engine has not answered for max_silence.
    [[nodiscard]] bool is_silent(Clock::time_point now) const;

  private:
    [[nodiscard]] const std::string* stopping_line() const noexcept;
    [[nodiscard]] shm::ClusterState decide(Clock::time_point now);
    [[nodiscard]] bool is_behind(Clock::time_point now);
    void show(shm::ClusterState state);
    void log_change(shm::ClusterState state, Clock::time_point now);
    void show_store();
    void log_store_problems();

    /// The revision of the engine at a time.
    struct Sample {
        Clock::time_point time;
        Revision revision;
    };

    mutable std::mutex mutex_;
    shm::Segment* segment_;
    Log log_;
    shm::ClusterState state_ = shm::ClusterState::no_engine;
    bool has_worked_ = false;  ///< the state was `ok` once
    bool is_drained_ = false;
    std::optional<shm::ClusterState> logged_state_;  ///< what the last line of the log was about
    std::string logged_stop_;
    std::array<std::string, problems> lines_;
    std::array<std::string, problems> logged_;  ///< of the clock and the store
    Clock::time_point answered_;                ///< at first, when the object was made
    std::string failure_;                       ///< why the engine does not answer, if it is known
    Revision newest_ = 0;                       ///< of the engine; 0: not known
    /// The revision that must be stored before the node counts as up to date; 0: it was once.
    std::optional<Revision> goal_;
    std::deque<Sample> samples_;
};

}  // namespace belfry::cluster
