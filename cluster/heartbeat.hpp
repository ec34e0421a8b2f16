#pragma once

#include "cluster/clock_check.hpp"
#include "cluster/engine.hpp"
#include "cluster/membership.hpp"
#include "cluster/node_lease.hpp"
#include "cluster/node_rows.hpp"
#include "cluster/settings.hpp"
#include "cluster/status.hpp"
#include "cluster/stored_log.hpp"
#include "shm/segment.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace belfry::cluster {

/// Keeps this node a member of its cluster, once a second: compares the settings, extends the
/// lease, reads what the other nodes say, and tells them how this one is. It runs in a thread of
/// its own, because each of its calls of the engine may take seconds.
class Heartbeat {
  public:
    static constexpr std::chrono::seconds interval{1};
    static constexpr std::chrono::seconds record_interval{5};
    /// How long the lease of an earlier incarnation may last. After that another living node has
    /// this node's name.
    static constexpr std::chrono::seconds max_old_lease{7};

    /// @param address HOST:PORT at which clients reach this node; empty: not known
    Heartbeat(shm::Segment& segment, Engine& engine, Membership& membership, Status& status,
              StoredLog& stored, std::string address);

    /// Beats until the thread is to stop.
    void run(const std::stop_token& stop);

    /// Beats once.
    void beat();

    /// Ends the lease, after run() has returned.
    void leave() noexcept { lease_.release(); }

    /// Returns the lease of this node, for keys that are to vanish with it; 0: none. Any thread.
    [[nodiscard]] Lease lease() const noexcept { return lease_.lease(); }

  private:
    using Clock = std::chrono::steady_clock;

    /// What the key `settings` means for this node.
    enum class Standing { member, engine_lost_data, other_cluster };

    void beat_unless_refused();
    [[nodiscard]] Standing judge(const Values& read, std::string& line) const;
    [[nodiscard]] bool has_lost_log(const Values& settings, const Values& nodes, Revision stored);
    [[nodiscard]] std::optional<bool> hold_lease(const Values& alive);
    void wait_for_old_lease();
    void show(const Values& alive, const Values& nodes, bool is_ours);
    void check_clock(const std::vector<RegisteredNode>& nodes);
    void write_record(const Values& nodes);
    [[nodiscard]] Answer<Lease> keep_registration(const Values& nodes);
    [[nodiscard]] NodeRecord record() const;
    [[nodiscard]] bool has(const Answer<Values>& answer);
    void fail(const EngineFailure& failure);

    shm::Segment* segment_;
    Engine* engine_;
    Membership* membership_;
    Status* status_;
    StoredLog* stored_;
    std::string node_;
    std::string address_;
    std::string incarnation_;
    NodeLease lease_;
    ClockCheck clock_;
    std::optional<Clock::time_point> refused_since_;  ///< another incarnation has held the key
    Clock::time_point next_record_;
    std::uint64_t clients_told_ = 0;
    bool has_reported_hidden_ = false;  ///< there are more nodes than the segment can show
    std::string refusal_;  ///< what the engine has said if it refused a call of the present beat
};

}  // namespace belfry::cluster
