#pragma once

#include "base/placed_file.hpp"
#include "base/process.hpp"
#include "base/unique_fd.hpp"
#include "server/archiver_watchdog.hpp"
#include "server/child.hpp"
#include "server/listener.hpp"
#include "server/own_memory.hpp"
#include "server/rate_limit.hpp"
#include "server/refusals.hpp"
#include "shm/huge_pages.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace belfry::server {

/// Accepts, forks a child for each connection, watches, reaps. It reads and writes no message,
/// takes no lock that a child takes, and never waits for a client. One thread.
class Supervisor {
  public:
    /// @param alive the held `alive` file, for the children
    /// @param lock_files those that the archiver watches; outlive the object
    /// @throws StartError
    Supervisor(shm::Segment& segment, const std::filesystem::path& data_dir, Listener& listener,
               const base::UniqueFd& alive, const std::vector<base::PlacedFile>& lock_files);

    /// Takes over what an earlier supervisor left: its archiver, children, slots, and whom its dead
    /// left asleep. Starts an archiver where none lives. @return how many children live
    [[nodiscard]] std::size_t adopt();

    /// Serves until SIGTERM or SIGINT.
    /// @param reload called at a SIGHUP
    /// @param send_heartbeat called in each turn of the loop; says how long the next turn may take
    /// to come
    void run(const std::function<void()>& reload,
             const std::function<std::chrono::milliseconds()>& send_heartbeat);

    /// Asks the sessions to end whose client is not known any more, and kills those that still run
    /// after kill_timeout.
    void end_unwanted() noexcept;

    /// Ends all sessions: asks them to, kills who has not ended in half a second, waits for all.
    void stop_sessions();

    /// Behind stop_sessions(): lets the archiver store what is left, and waits for its end.
    /// @return false: the store does not take everything
    [[nodiscard]] bool drain_archiver() { return archiver_.drain(); }

  private:
    using Clock = std::chrono::steady_clock;

    struct SessionChild : Child {
        Clock::time_point since;
    };

    void adopt_slot(std::uint32_t slot);

    // Connections.
    void accept_waiting();
    [[nodiscard]] bool has_room();
    void serve(base::UniqueFd socket);
    void refuse_without_descriptor();
    void watch_listener(bool wanted);

    // Pending: accepted and not logged in.
    [[nodiscard]] bool is_pending(std::uint32_t slot) const noexcept;
    void forget_settled() noexcept;
    [[nodiscard]] bool evict_oldest_pending() noexcept;

    // Deaths.
    void wait_for_events(std::chrono::milliseconds timeout);
    void handle_signals();
    void reap_own();
    void bury(std::uint32_t slot, int status);
    void log_death(std::uint32_t slot, int status) const;
    void log_refusal(const std::string& why);
    void signal_all(int signal) noexcept;
    void signal_unwanted(int signal) noexcept;
    void kill_unwanted_if_due() noexcept;

    shm::Segment* segment_;
    const std::filesystem::path* data_dir_;
    Listener* listener_;
    const base::UniqueFd* alive_;
    ArchiverWatchdog archiver_;
    shm::HugePages huge_pages_;
    Refusals refusals_;
    base::UniqueFd epoll_;
    base::UniqueFd signals_;
    base::UniqueFd reserve_;  ///< given up to accept, and refuse, when no other is left

    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource books_{&pages_};
    std::pmr::vector<SessionChild> children_;  ///< by slot; pid 0: it is free
    std::pmr::vector<std::uint32_t> free_slots_{&books_};
    std::pmr::unordered_map<pid_t, std::uint32_t> slot_of_{&books_};  ///< own children
    /// Oldest first; may hold some that have settled.
    std::pmr::deque<std::uint32_t> pending_{&books_};
    std::size_t living_ = 0;
    bool listening_ = false;
    bool stopping_ = false;
    bool to_reload_ = false;
    std::optional<Clock::time_point> unwanted_end_by_;
    RateLimit refusing_;  ///< of the lines that say why a connection was refused
};

}  // namespace belfry::server
