#pragma once

#include "admission/source_limits.hpp"
#include "auth/known_clients.hpp"
#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"
#include "daemon/service_signals.hpp"
#include "sandbox/sandbox.hpp"
#include "server/archiver_watchdog.hpp"
#include "server/child_table.hpp"
#include "server/connections.hpp"
#include "server/gate.hpp"
#include "server/listener.hpp"
#include "server/small_child.hpp"
#include "shm/huge_pages.hpp"
#include "shm/segment.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace belfry::server {

/// Forks children for connections, and watches the children and the archiver until the server
/// stops. It reads and writes no message, takes no lock that a child takes, and never waits
/// for a client. It has one thread.
class Supervisor {
  public:
    /// @param gate nullptr if there is none; outlives the object, as the other arguments do
    /// @param max_waiting how many connections without a first byte may wait
    /// @param alive the locked file `alive`, which the children inherit
    /// @param lock_files the files that the archiver watches
    /// @param clients by which each session verifies its client
    /// @param replica how the replica is executed; nothing on a single node
    /// @throws StartError, std::system_error
    Supervisor(shm::Segment& segment, const std::filesystem::path& data_dir, Listener& listener,
               Gate* gate, std::size_t max_waiting, const base::UniqueFd& alive,
               const std::vector<base::PlacedFile>& lock_files, auth::KnownClients& clients,
               std::optional<ReplicaCommand> replica);

    /// Takes over the archiver, the children and the slots of an earlier supervisor. It wakes
    /// processes that dead ones may have left asleep, and starts an archiver if none is running.
    /// @return the number of children
    [[nodiscard]] std::size_t adopt();

    /// Serves until SIGTERM or SIGINT.
    /// @param reload called after a SIGHUP
    /// @param send_heartbeat called in each turn of the loop; returns how long the next turn may
    /// wait
    void run(const std::function<void()>& reload,
             const std::function<std::chrono::milliseconds()>& send_heartbeat);

    /// Asks the sessions whose client is no longer known, or has other secrets, to exit. run()
    /// kills those that are still running after kill_timeout.
    void end_unwanted() noexcept;

    /// Lets the gate load its certificates again, if there is one.
    void reload_gate();

    /// Ends all sessions: asks them to exit, kills those that have not exited after half a second,
    /// and waits for all of them.
    void stop_sessions();

    /// Lets the archiver store the remaining records, and waits for its exit. stop_sessions() must
    /// have been called before. @return false if not everything could be stored
    [[nodiscard]] bool drain_archiver() { return archiver_.drain(); }

    /// Returns the sandbox of the sessions.
    [[nodiscard]] const sandbox::Sandbox& sandbox() const noexcept { return sandbox_; }

  private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] std::chrono::milliseconds max_wait() const;
    void wait_for_events(std::chrono::milliseconds timeout);
    void handle(std::uint64_t event);
    void handle_signals();
    void reap();
    void kill_unwanted_if_due() noexcept;

    shm::Segment* segment_;
    Gate* gate_;
    sandbox::Sandbox sandbox_;
    ArchiverWatchdog archiver_;
    shm::HugePages huge_pages_;
    base::UniqueFd epoll_;
    ServiceSignals signals_;
    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource pool_{&pages_};
    admission::SourceLimits limits_{{}, pool_};
    ChildTable children_;
    Connections connections_;
    bool stopping_ = false;
    bool to_reload_ = false;
    std::optional<Clock::time_point> unwanted_end_by_;
};

}  // namespace belfry::server
