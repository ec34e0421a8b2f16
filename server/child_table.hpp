#pragma once

#include "admission/source_limits.hpp"
#include "server/child.hpp"
#include "server/small_child.hpp"
#include "shm/segment.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <unordered_map>
#include <vector>

namespace belfry::server {

/// The session children, and the slots of the segment that they hold. A dead child is buried: its
/// death is counted and logged, and its slot becomes free. The outcome of its login is reported to
/// the limits of its source.
///
/// Invariant: each slot is either free, or held by exactly one child that has not been buried. Each
/// child that has not logged in is in the list of pending ones, oldest first, unless it was asked
/// to exit.
///
/// Only the supervisor uses it, and the supervisor has one thread.
class ChildTable {
  public:
    /// Both arguments outlive the object.
    ChildTable(shm::Segment& segment, admission::SourceLimits& limits);
    ChildTable(const ChildTable&) = delete;
    ChildTable& operator=(const ChildTable&) = delete;

    /// Returns the number of slots, including free ones.
    [[nodiscard]] std::uint32_t slots() const noexcept {
        return static_cast<std::uint32_t>(children_.size());
    }

    /// Returns the number of children.
    [[nodiscard]] std::size_t size() const noexcept { return slots() - free_slots_.size(); }

    /// Takes over the child that an earlier supervisor left in a slot, or buries it if it is dead.
    /// It must be called once for every slot before any other function. The slot that was adopted
    /// last is used first.
    /// @throws StartError
    void adopt(std::uint32_t slot);

    /// Returns a descriptor that is readable once an adopted child has exited; -1 for other slots.
    [[nodiscard]] int fd(std::uint32_t slot) const noexcept { return children_[slot].pidfd.get(); }

    /// Reports the children that have logged in since to the limits of their sources; they are not
    /// pending any more. It takes time for each pending child, so it should be called at most once
    /// in a turn of the supervisor's loop.
    void settle();

    /// Tells whether one more connection may get a child, because a slot is free and not too many
    /// connections were pending at the last settle().
    [[nodiscard]] bool has_room() const noexcept;

    /// Asks the oldest pending child to exit, because another connection needs its slot.
    /// @return false if none is old enough
    [[nodiscard]] bool evict_oldest_pending();

    /// Returns the number of evicted children that have not exited yet.
    [[nodiscard]] std::size_t leaving() const noexcept { return leaving_; }

    /// Returns the slot for the next child. has_room() must be true.
    [[nodiscard]] std::uint32_t free_slot() const noexcept { return free_slots_.back(); }

    /// Adds the child that was forked for free_slot(), for a connection from this source.
    void add(pid_t pid, const admission::Source& source);

    /// Buries a child of this supervisor that waitpid(2) has reported. Other processes are ignored.
    void bury_own(pid_t pid, int status);

    /// Buries an adopted child that has exited. Its status is unknown.
    void bury_adopted(std::uint32_t slot) { bury(slot, 0); }

    /// Stops logging deaths, because the server stops.
    void expect_deaths() noexcept { deaths_are_expected_ = true; }

    void signal_all(int number) noexcept;

    /// Signals the children whose client is no longer known, or has other secrets.
    void signal_unwanted(int number) noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    struct SessionChild : Child {
        Clock::time_point since;
        admission::Source source;
        bool is_evicted = false;
    };

    [[nodiscard]] bool is_pending(std::uint32_t slot) const noexcept;
    [[nodiscard]] bool settle(std::uint32_t slot);
    void report(std::uint32_t slot, int status);
    void bury(std::uint32_t slot, int status);
    void log_death(std::uint32_t slot, int status) const;

    shm::Segment* segment_;
    admission::SourceLimits* limits_;
    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource pool_{&pages_};
    std::pmr::vector<SessionChild> children_;             ///< by slot; pid 0 marks a free slot
    std::pmr::vector<std::uint32_t> free_slots_{&pool_};  ///< used from the back
    std::pmr::unordered_map<pid_t, std::uint32_t> own_{&pool_};  ///< slots of own children
    std::pmr::deque<std::uint32_t> pending_{&pool_};  ///< some may have logged in meanwhile
    std::size_t leaving_ = 0;
    bool deaths_are_expected_ = false;
};

}  // namespace belfry::server
