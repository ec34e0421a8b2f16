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

/// The process of the traced server that is killed.
enum class Victim { supervisor, archiver };

/// The system call at which the victim is killed; 0 for none.
struct KillPoint {
    Victim victim;
    std::uint64_t nth;
    std::uint64_t again = 0;  ///< the same for the belfryd that replaces the killed one
};

/// The end of the victim.
struct VictimEnd {
    bool was_killed;
    std::uint64_t calls;  ///< how many system calls it entered; it was killed in the last one
    std::string number;   ///< the number of the system call in which it was killed
};

/// Reads the report that kill_at_call has written; none if the report is not complete yet.
[[nodiscard]] std::optional<VictimEnd> read_report(const std::filesystem::path& path);

/// One run of a scene on a new data directory: a server, three clients, and one or two kills at a
/// system call. Each step starts belfryd again if it was killed, and returns when the step is
/// complete. Throws Failure if a step does not complete, or if belfryd exits by itself.
class Play {
  public:
    /// @param server must not run; its data directory is removed first
    Play(Server& server, KillPoint kill_point);
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;
    ~Play();

    // --- the steps ---

    void start();
    /// Starts a traced belfryd, to which the victim belongs.
    void start_traced() { start_traced(kill_point_.nth); }
    /// Sets --keep-messages for all later starts. The store may then hold only so many messages.
    void keep_messages(std::uint64_t count);
    void everybody_comes();
    /// Each client sends so many messages and receives SENT for them, and all clients receive all
    /// of them.
    void everybody_says(std::uint64_t count);
    /// Waits until the segment holds the cursors that the clients have acknowledged.
    void wait_for_cursors();
    /// Kills the child of a client, and waits until the client is online again.
    void lose_child();
    void lose_archiver();
    void kill_supervisor() { server_.kill_supervisor(); }
    void kill_all() { server_.kill_all(); }
    /// Removes the segment while processes have it mapped.
    void remove_segment();
    /// Stops belfryd with SIGTERM until a stop was clean. If belfryd was killed during a stop,
    /// belfryctl completes it at every other kill point; otherwise belfryd is started again.
    void stop();

    // --- after a stop ---

    [[nodiscard]] Server& server() { return server_; }
    /// Returns how the first victim ended, and waits until that is known.
    [[nodiscard]] VictimEnd end() const;
    /// Returns what is known about the victim when a play has failed.
    [[nodiscard]] VictimEnd end_so_far() const { return report(1).value_or(VictimEnd{}); }
    /// Stops the clients, and checks what they received, what is stored, and what is left behind.
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
    bool is_traced_ = false;  ///< whether the running belfryd is traced
    int traced_lives_ = 0;
    std::uint64_t keep_ = ExactClient::no_limit;
    std::atomic<std::uint16_t> port_;
    Pace pace_;
    std::vector<std::unique_ptr<ExactClient>> clients_;
    std::uint64_t said_ = 0;  ///< how many messages each client has sent
};

}  // namespace belfry::test
