#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"
#include "server/child.hpp"
#include "server/replica_process.hpp"
#include "server/restart_delay.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace belfry::server {

/// Keeps an archiver running: adopts the one that an earlier supervisor left or starts one, and
/// starts another one if it dies. On a node of a cluster the replica takes the archiver's place.
/// Only the supervisor uses it. It does nothing if there is no store.
class ArchiverWatchdog {
  public:
    /// @param alive the locked file `alive`, which the archiver inherits
    /// @param lock_files the files that the archiver watches; they must outlive the object
    /// @param replica how the replica is executed; nothing on a single node
    ArchiverWatchdog(shm::Segment& segment, std::filesystem::path data_dir,
                     const base::UniqueFd& alive, const std::vector<base::PlacedFile>& lock_files,
                     std::optional<ReplicaCommand> replica);

    /// Adopts a running archiver, or starts one. An adopted replica that is of another version, or
    /// has other options, is replaced at once. @throws StartError
    void begin();

    /// Returns a descriptor that becomes readable when an adopted archiver exits, or -1 if the
    /// archiver is a child of this process.
    [[nodiscard]] int fd() const noexcept { return archiver_.pidfd.get(); }

    [[nodiscard]] pid_t pid() const noexcept { return archiver_.pid; }

    /// Handles the exit of the archiver: wakes the processes that may wait for it, and starts
    /// another one, at once if it was killed by SIGKILL or had run for a second, otherwise a second
    /// later.
    /// @param status the status of waitpid(2), or 0 if it is not known
    void ended(int status);

    /// Tells whether start_if_due() still has to start an archiver.
    [[nodiscard]] bool is_waiting() const noexcept { return delay_.is_waiting(); }
    /// Starts the archiver if its time has come. The supervisor calls it about once a second.
    void start_if_due();

    /// Kills an archiver that was stopped by a signal while messages wait to be stored. The
    /// supervisor calls it in each turn of its loop.
    void look_after() noexcept;

    /// Lets the archiver store all remaining records after the last session has exited. Starts
    /// another one if it died. @return false if not everything could be stored
    [[nodiscard]] bool drain();

  private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] std::string name() const { return replica_ ? "the replica" : "the archiver"; }
    [[nodiscard]] bool is_outdated() const;
    void replace();
    void start();
    [[nodiscard]] pid_t spawn(std::uint32_t generation);
    void wait_for_end() noexcept;
    void reap() noexcept;
    void forget() noexcept;
    [[nodiscard]] bool is_idle() const noexcept;
    [[nodiscard]] bool is_drained() const noexcept;
    [[nodiscard]] bool cannot_drain() const noexcept;

    shm::Segment* segment_;
    std::filesystem::path data_dir_;
    const base::UniqueFd* alive_;
    const std::vector<base::PlacedFile>* lock_files_;
    std::optional<ReplicaCommand> replica_;
    Child archiver_;
    RestartDelay delay_;
    Clock::time_point next_look_;
};

}  // namespace belfry::server
