#pragma once

#include "tests/support/crash/exact_client.hpp"
#include "tests/support/crash/findings.hpp"
#include "tests/support/server.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {

/// Which process of the traced server is killed.
enum class Victim { supervisor, archiver };

/// At which system call; 0: at none.
struct KillPoint {
    Victim victim;
    std::uint64_t nth;
    std::uint64_t again = 0;  ///< of the belfryd that is started because the first one was killed
};

/// How the victim ended.
struct VictimEnd {
    bool was_killed;
    std::uint64_t calls;  ///< that it entered; it was killed in the last one
    std::string number;   ///< that of the system call in which it was killed
};

/// What kill_at_call has said into that file; none: not to its end yet.
[[nodiscard]] std::optional<VictimEnd> read_report(const std::filesystem::path& path);

/// One run of a scene on a new data directory: a server, three clients, and a kill at a system
/// call, or two. Each step goes on until it has come to its end, and starts belfryd again where it
/// was killed meanwhile. Throws Failure where a step does not end, or belfryd ends by itself.
class Play {
  public:
    /// @param server does not run; its data directory is made anew
    Play(Server& server, KillPoint kill_point);
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;
    ~Play();

    // --- the steps ---

    void start();
    /// The victim is a process of the belfryd that is started here.
    void start_traced() { start_traced(kill_point_.nth); }
    /// Options for all later starts, so that the store may have forgotten all but so many messages.
    void keep_messages(std::uint64_t count);
    void everybody_comes();
    /// Each client sends so many messages and gets their SENT, and all take all of them.
    void everybody_says(std::uint64_t count);
    /// Until the segment has the cursors that the clients acknowledged.
    void wait_for_cursors();
    /// The child of a client dies, and the client comes back.
    void lose_child();
    void lose_archiver();
    void kill_supervisor() { server_.kill_supervisor(); }
    void kill_all() { server_.kill_all(); }
    /// While processes have it mapped.
    void remove_segment();
    /// SIGTERM, until a stop was clean. Where belfryd was killed in it, belfryctl finishes the stop
    /// at every other kill point; else belfryd is started again.
    void stop();

    // --- behind a stop ---

    [[nodiscard]] Server& server() { return server_; }
    /// The first victim's; waits until it is known.
    [[nodiscard]] VictimEnd end() const;
    /// What is known when a play was broken off.
    [[nodiscard]] VictimEnd end_so_far() const { return report(1).value_or(VictimEnd{}); }
    /// Ends the clients, and looks at what they saw, at what is stored, and at what is left.
    void judge(Findings& findings);

  private:
    [[nodiscard]] Invocation command() const;
    void start_traced(std::uint64_t nth);
    void mend();
    template <class Goal>
    void reach(const std::string& what, Goal goal);
    [[nodiscard]] bool all_have_taken_all() const;
    void require_no_faults() const;
    void require_check() const;
    [[nodiscard]] bool stop_by_belfryd();
    [[nodiscard]] bool stop_by_belfryctl() const;
    void expect_shut_down() const;

    [[nodiscard]] std::filesystem::path report_file(int life) const;
    [[nodiscard]] std::optional<VictimEnd> report(int life) const;
    [[nodiscard]] bool was_killed_as_ordered() const;

    void judge_views(Findings& findings) const;
    void judge_store(Findings& findings) const;
    void judge_leftovers(Findings& findings) const;

    Server& server_;
    KillPoint kill_point_;
    std::vector<std::string> more_;
    bool is_traced_ = false;  ///< the belfryd that runs
    int traced_lives_ = 0;
    std::uint64_t keep_ = ExactClient::no_limit;
    std::atomic<std::uint16_t> port_;
    Pace pace_;
    std::vector<std::unique_ptr<ExactClient>> clients_;
    std::uint64_t said_ = 0;  ///< by each client
};

}  // namespace belfry::test
