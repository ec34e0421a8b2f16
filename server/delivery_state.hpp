#pragma once

#include "base/unique_fd.hpp"
#include "shm/news.hpp"

#include <atomic>
#include <cstdint>

namespace belfry::server {

/// The progress of the output thread. It only moves forward.
enum class DeliveryPhase : std::uint8_t {
    welcoming,    ///< nothing has been written yet
    catching_up,  ///< WELCOME has been written, and perhaps a part of the backlog
    live,         ///< LIVE has been written as well
    ended,        ///< nothing more will be written
};

/// The state that the two threads of a session share: how far the delivery has come, and whether a
/// message of this client is being appended.
class DeliveryState {
  public:
    /// @throws std::system_error if no descriptor is left
    DeliveryState(shm::Segment& segment, std::uint32_t slot);

    /// Returns the object on which the output thread waits. The input thread announces its messages
    /// there.
    [[nodiscard]] shm::SessionNews& news() noexcept { return news_; }

    /// Records that everything up to this id was written to the client. The output thread calls it,
    /// and so does the input thread at the login.
    void advance_to(std::uint64_t id) noexcept;
    /// Begins a phase. Only the output thread calls it.
    void enter(DeliveryPhase phase) noexcept;

    // These reads are sequentially consistent, so that they cannot be reordered before watch().
    [[nodiscard]] std::uint64_t position() const noexcept { return news_.position(); }
    [[nodiscard]] DeliveryPhase phase() const noexcept { return phase_.load(); }
    [[nodiscard]] bool ended() const noexcept { return phase() == DeliveryPhase::ended; }

    /// Makes fd() readable after the next change. The caller must check the state between this call
    /// and its wait. The end of the delivery makes fd() readable in any case. Only the input thread
    /// calls it.
    void watch() noexcept { watched_.store(true); }
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    /// Makes fd() unreadable again. Only the input thread calls it.
    void clear_event() noexcept;

  private:
    void signal_if_watched() noexcept;
    void signal() noexcept;

    shm::SessionNews news_;
    std::atomic<DeliveryPhase> phase_ = DeliveryPhase::welcoming;
    std::atomic<bool> watched_ = false;
    base::UniqueFd event_;
};

}  // namespace belfry::server
