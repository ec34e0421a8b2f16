#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"
#include "server/child.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>

namespace belfry::server {

/// Sees to it that there is an archiver: starts it, takes over the one of an earlier supervisor,
/// starts another when it dies. By the supervisor alone. Does nothing where there is no store.
class ArchiverWatchdog {
  public:
    /// @param alive the held `alive` file, for the archiver
    /// @param lock_files those that the archiver watches; outlive the object
    ArchiverWatchdog(shm::Segment& segment, std::filesystem::path data_dir,
                     const base::UniqueFd& alive, const std::vector<base::PlacedFile>& lock_files);

    /// Takes over the archiver that lives, or starts one. @throws StartError
    void begin();

    /// Readable at the end of an archiver that was taken over; -1: it is not one of those.
    [[nodiscard]] int fd() const noexcept { return archiver_.pidfd.get(); }

    [[nodiscard]] pid_t pid() const noexcept { return archiver_.pid; }

    /// It has ended: wakes whom it may have left asleep, and starts another, at once where it was
    /// killed, a second later where it fell by itself.
    /// @param status of waitpid(2), or 0 where it is not known
    void ended(int status);

    /// Whether an archiver is to be started by and by: call start_if_due() every now and then.
    [[nodiscard]] bool is_waiting() const noexcept { return waiting_; }
    void start_if_due();

    /// Kills one that was stopped by a signal while messages wait for it; call it every now and
    /// then.
    void look_after() noexcept;

    /// Lets it store everything that is left, when no session lives any more. Starts one for it
    /// where it has died. @return false: the store does not take everything
    [[nodiscard]] bool drain();

  private:
    using Clock = std::chrono::steady_clock;

    void start();
    void wait_for_end() noexcept;
    void reap() noexcept;
    void forget() noexcept;
    [[nodiscard]] bool is_drained() const noexcept;

    shm::Segment* segment_;
    std::filesystem::path data_dir_;
    const base::UniqueFd* alive_;
    const std::vector<base::PlacedFile>* lock_files_;
    Child archiver_;
    Clock::time_point started_;
    Clock::time_point due_;
    Clock::time_point next_look_;
    bool waiting_ = false;
};

}  // namespace belfry::server
