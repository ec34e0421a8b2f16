#pragma once

#include "tests/chaos/strangers.hpp"
#include "tests/support/crash/crowd.hpp"

#include <cstdint>
#include <iosfwd>
#include <set>
#include <string>
#include <vector>

namespace belfry::test {

/// What was done to a server, and how often.
struct Harm {
    std::uint64_t sessions = 0;     ///< children killed
    std::uint64_t archivers = 0;    ///< killed
    std::uint64_t supervisors = 0;  ///< killed; the next one adopts what lives
    std::uint64_t servers = 0;      ///< whole groups killed; the next one adopts the segment
    std::uint64_t machines = 0;     ///< the same, and the segment is lost
    std::uint64_t stops = 0;        ///< children stopped, and continued if nobody killed them
    std::uint64_t resets = 0;       ///< clients' connections cut
    std::uint64_t strangers = 0;    ///< connections of nobody
};

std::ostream& operator<<(std::ostream& out, const Harm& harm);

/// Does harm of all kinds to a crowd's server, at random moments, in an order that the seed of the
/// crowd decides.
class Chaos {
  public:
    /// @param has_store whether there is an archiver, and whether the segment may be lost
    Chaos(Crowd& crowd, bool has_store) : crowd_{&crowd}, has_store_{has_store} {}

    /// Goes on so long, or until something is wrong.
    void rage(std::chrono::seconds duration);

    [[nodiscard]] const Harm& harm() const { return harm_; }

    /// What the supervisors said about ends that nobody here caused: a child that aborted or
    /// crashed, a supervisor that ended by itself.
    [[nodiscard]] const std::set<std::string>& complaints() const { return complaints_; }

  private:
    using Blow = void (Chaos::*)();

    [[nodiscard]] Blow choose_blow();
    void kill_session();
    void kill_archiver();
    void kill_supervisor();
    void kill_server();
    void stop_some();
    void cut_connection();
    void send_stranger();

    void kill_any_session();
    void start_again();
    void look_at_errors();
    [[nodiscard]] bool one_in(unsigned count);
    [[nodiscard]] std::vector<ProcessInfo> sessions();

    Crowd* crowd_;
    bool has_store_;
    Harm harm_;
    Strangers strangers_;
    std::set<std::string> complaints_;
};

}  // namespace belfry::test
