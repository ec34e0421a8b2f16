#pragma once

#include "tests/chaos/strangers.hpp"
#include "tests/support/crash/crowd.hpp"

#include <cstdint>
#include <iosfwd>
#include <set>
#include <string>
#include <vector>

namespace belfry::test {

/// Counts what was done to a server.
struct Harm {
    std::uint64_t sessions = 0;     ///< children killed
    std::uint64_t relays = 0;       ///< killed
    std::uint64_t gates = 0;        ///< killed
    std::uint64_t archivers = 0;    ///< killed
    std::uint64_t supervisors = 0;  ///< killed; the next one adopts the live processes
    std::uint64_t servers = 0;      ///< all processes killed; the next server adopts the segment
    std::uint64_t machines = 0;     ///< all processes killed, and the segment removed
    std::uint64_t stops = 0;      ///< session children and relays stopped; survivors are continued
    std::uint64_t resets = 0;     ///< connections of clients cut with a reset
    std::uint64_t strangers = 0;  ///< connections that never log in
};

std::ostream& operator<<(std::ostream& out, const Harm& harm);

/// Kills, stops and disturbs a crowd's server in every way, at random moments. The crowd's seed
/// determines the order. The server has a gate.
class Chaos {
  public:
    /// @param has_store whether there is an archiver, and whether the segment may be lost
    Chaos(Crowd& crowd, bool has_store) : crowd_{&crowd}, has_store_{has_store} {}

    /// Attacks the server for the duration, or until a client has seen a fault.
    void attack_for(std::chrono::seconds duration);

    [[nodiscard]] const Harm& harm() const { return harm_; }

    /// Log lines of the supervisors about processes that this class did not kill: children that
    /// aborted or crashed, and supervisors that exited by themselves.
    [[nodiscard]] const std::set<std::string>& complaints() const { return complaints_; }

  private:
    using Attack = void (Chaos::*)();

    [[nodiscard]] Attack choose_attack();
    void kill_session();
    void kill_relay();
    void kill_gate();
    void kill_archiver();
    void kill_supervisor();
    void kill_server();
    void stop_sessions();
    void cut_connection();
    void send_stranger();

    void kill_any_session();
    [[nodiscard]] bool kill_any(const std::vector<pid_t>& pids);
    void restart();
    void collect_complaints();
    [[nodiscard]] bool one_in(unsigned count);

    Crowd* crowd_;
    bool has_store_;
    Harm harm_;
    Strangers strangers_;
    std::set<std::string> complaints_;
};

}  // namespace belfry::test
