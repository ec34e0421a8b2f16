#pragma once

#include "base/unique_fd.hpp"
#include "shm/news.hpp"

#include <atomic>
#include <cstdint>

namespace belfry::server {

/// What the output thread has written. It only goes forwards.
enum class DeliveryPhase : std::uint8_t {
    welcoming,    ///< nothing yet
    catching_up,  ///< WELCOME, and perhaps a part of the backlog
    live,         ///< LIVE too
    ended,        ///< nothing more will be written
};

/// What the two threads of a session tell each other: how far the delivery is, and whether a
/// message of the client's own is on its way.
class DeliveryState {
  public:
    /// @throws std::system_error if no descriptor is left
    DeliveryState(shm::Segment& segment, std::uint32_t slot);

    /// What wakes the output thread, and the input thread's announcements to it.
    [[nodiscard]] shm::SessionNews& news() noexcept { return news_; }

    /// Says that everything up to this id has been handed over. By the output thread, and at the
    /// login.
    void advance_to(std::uint64_t id) noexcept;
    /// Says which phase begins. By the output thread.
    void enter(DeliveryPhase phase) noexcept;

    // These are sequentially consistent, because watch() must not be seen after them.
    [[nodiscard]] std::uint64_t position() const noexcept { return news_.position(); }
    [[nodiscard]] DeliveryPhase phase() const noexcept { return phase_.load(); }
    [[nodiscard]] bool ended() const noexcept { return phase() == DeliveryPhase::ended; }

    /// Makes fd() readable after the next change. Look at the state between this call and the wait.
    /// The end of the delivery makes fd() readable in any case. By the input thread.
    void watch() noexcept;
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    /// Makes fd() unreadable again. By the input thread.
    void drain() noexcept;

  private:
    void signal_if_watched() noexcept;
    void signal() noexcept;

    shm::SessionNews news_;
    std::atomic<DeliveryPhase> phase_ = DeliveryPhase::welcoming;
    std::atomic<bool> watched_ = false;
    base::UniqueFd event_;
};

}  // namespace belfry::server
