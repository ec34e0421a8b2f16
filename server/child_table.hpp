#pragma once

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

/// The session children, and the slots of the segment that they hold.
///
/// Invariant: each slot is either free, or held by exactly one child that has not been buried. Each
/// child that has not logged in stands among the pending ones, oldest first, unless it has been
/// asked to go.
///
/// By the supervisor alone, in its one thread.
class ChildTable {
  public:
    explicit ChildTable(shm::Segment& segment);
    ChildTable(const ChildTable&) = delete;
    ChildTable& operator=(const ChildTable&) = delete;

    /// How many slots there are, free ones included.
    [[nodiscard]] std::uint32_t slots() const noexcept;

    /// How many children live.
    [[nodiscard]] std::size_t living() const noexcept { return slots() - free_slots_.size(); }

    /// Takes over the child that an earlier supervisor left in a slot, or buries it if it is dead.
    /// Must run once for every slot before anything else; the last slot adopted is given first.
    /// @throws StartError
    void adopt(std::uint32_t slot);

    /// Readable when an adopted child has ended; -1 for all other slots.
    [[nodiscard]] int fd(std::uint32_t slot) const noexcept { return children_[slot].pidfd.get(); }

    /// Whether one more connection may get a child: a slot is free, and not too many connections
    /// are pending.
    [[nodiscard]] bool has_room();

    /// Asks the oldest pending child to go, because somebody else needs its place.
    /// @return false: none is old enough
    [[nodiscard]] bool evict_oldest_pending() noexcept;

    /// The slot for the next child. Requires has_room().
    [[nodiscard]] std::uint32_t free_slot() const noexcept { return free_slots_.back(); }

    /// Enters the child that was forked for free_slot().
    void add(pid_t pid);

    /// Buries a child of this supervisor's own that waitpid(2) has reported. Other processes are
    /// ignored.
    void bury_own(pid_t pid, int status);

    /// Buries an adopted child that has ended. Its status is unknown.
    void bury_adopted(std::uint32_t slot) { bury(slot, 0); }

    /// From now on no death is logged: the server stops.
    void expect_deaths() noexcept { deaths_are_expected_ = true; }

    void signal_all(int number) noexcept;

    /// Signals the children that serve a client that is not known any more.
    void signal_unwanted(int number) noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    struct SessionChild : Child {
        Clock::time_point since;
    };

    [[nodiscard]] bool is_pending(std::uint32_t slot) const noexcept;
    void forget_settled() noexcept;
    void bury(std::uint32_t slot, int status);
    void log_death(std::uint32_t slot, int status) const;

    shm::Segment* segment_;
    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource books_{&pages_};
    std::pmr::vector<SessionChild> children_;                     ///< by slot; pid 0: it is free
    std::pmr::vector<std::uint32_t> free_slots_{&books_};         ///< the next one last
    std::pmr::unordered_map<pid_t, std::uint32_t> own_{&books_};  ///< slots of those forked here
    std::pmr::deque<std::uint32_t> pending_{&books_};  ///< some may have logged in meanwhile
    bool deaths_are_expected_ = false;
};

}  // namespace belfry::server
