#pragma once

#include "base/unique_fd.hpp"
#include "shm/news.hpp"

#include <atomic>
#include <cstdint>

namespace belfry::server {

/// What the two threads of a session tell each other: how far the delivery is, and whether a
/// message of the client's own is on its way.
class DeliveryState {
  public:
    /// @throws std::system_error if no descriptor is left
    DeliveryState(shm::Segment& segment, std::uint32_t slot);

    /// What wakes the output thread, and the input thread's announcements to it.
    [[nodiscard]] shm::SessionNews& news() noexcept { return news_; }

    /// By the output thread, and at the login: up to this id there is nothing more to hand over.
    void advance_to(std::uint64_t id) noexcept;
    /// By the output thread, or by the login: LIVE has been written, or is about to be.
    void set_live() noexcept;
    /// By the output thread: nothing more will be written.
    void end() noexcept;

    // These are sequentially consistent, because watch() must not be seen after them.
    [[nodiscard]] std::uint64_t position() const noexcept { return news_.position(); }
    [[nodiscard]] bool is_live() const noexcept { return live_.load(); }
    [[nodiscard]] bool ended() const noexcept { return ended_.load(); }

    /// By the input thread: fd() is readable after the next change. Look at the state between
    /// this and the wait. The end makes it readable in any case.
    void watch() noexcept;
    [[nodiscard]] int fd() const noexcept { return event_.get(); }
    /// By the input thread: fd() has been readable, and is not any more.
    void drain() noexcept;

  private:
    void signal_if_watched() noexcept;
    void signal() noexcept;

    shm::SessionNews news_;
    std::atomic<bool> live_ = false;
    std::atomic<bool> ended_ = false;
    std::atomic<bool> watched_ = false;
    base::UniqueFd event_;
};

}  // namespace belfry::server
