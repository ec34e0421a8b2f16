#pragma once

#include "base/unique_fd.hpp"
#include "shm/layout.hpp"

#include <atomic>
#include <cstdint>

namespace belfry::server {

/// What the two threads of a session tell each other: how far the delivery is, and whether a
/// message of the client's own is on its way.
class DeliveryState {
  public:
    /// @throws std::system_error if no descriptor is left
    DeliveryState();

    /// By the output thread, and at the login: up to this id there is nothing more to hand over.
    void advance_to(std::uint64_t id) noexcept;
    /// By the output thread, or by the login: LIVE has been written, or is about to be.
    void set_live() noexcept;
    /// By the output thread: nothing more will be written.
    void end() noexcept;

    // These and the next are sequentially consistent: watch() must not be seen after them, nor
    // set_in_crowd() behind a look at awaits_sent().

    /// By the input thread, before it appends: what follows in the log may be the client's own.
    void set_sending() noexcept { last_own_.store(shm::max_id); }
    /// By the input thread, behind it: up to this id; 0: nothing is.
    void set_last_own(std::uint64_t id) noexcept { last_own_.store(id); }
    [[nodiscard]] bool sends() const noexcept { return last_own_.load() != 0; }
    /// Whether a SENT is still to come.
    [[nodiscard]] bool awaits_sent() const noexcept { return last_own_.load() > position_.load(); }

    /// By the output thread, around its waits: it is woken in its turn, not at once.
    void set_in_crowd(bool in_crowd) noexcept { in_crowd_.store(in_crowd); }
    [[nodiscard]] bool is_in_crowd() const noexcept { return in_crowd_.load(); }

    [[nodiscard]] std::uint64_t position() const noexcept { return position_.load(); }
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

    std::atomic<std::uint64_t> position_ = 0;
    std::atomic<bool> live_ = false;
    std::atomic<bool> ended_ = false;
    std::atomic<std::uint64_t> last_own_ = 0;
    std::atomic<bool> in_crowd_ = false;
    std::atomic<bool> watched_ = false;
    base::UniqueFd event_;
};

}  // namespace belfry::server
