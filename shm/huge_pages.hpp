#pragma once

#include "shm/segment.hpp"

#include <cstddef>

namespace belfry::shm {

/// An address in no use where so many bytes could be mapped, aligned so that huge pages fit; null
/// where the kernel names none. By a process of one thread: another one may take it meanwhile.
[[nodiscard]] void* huge_page_room(std::size_t bytes) noexcept;

/// Puts what is mapped there, in whole huge pages, into huge pages; what it holds does not change.
/// Uses madvise(MADV_COLLAPSE) of Linux 6.1. @return false: not, and errno says why
[[nodiscard]] bool collapse_into_huge_pages(void* start, std::size_t bytes) noexcept;

/// Puts the segment into huge pages of 2 MiB. System V shared memory is mapped by one page fault
/// for each 4 KiB and process, which costs more than to copy the 4 KiB; and a process that has read
/// the whole of it would keep 2 KiB of page tables for each MiB. Huge pages need one fault for 2
/// MiB, and no page tables.
///
/// Where the kernel has no such thing, or no huge page left, small pages serve as well. What the
/// segment holds does not change, whoever uses it meanwhile; nor does it matter where this process
/// dies.
class HugePages {
  public:
    /// By the supervisor. The segment must outlive it.
    explicit HugePages(const Segment& segment) noexcept : segment_{&segment} {}

    /// Takes the next huge page, within a few milliseconds. @return false: there is no more to do
    bool step() noexcept;

  private:
    const Segment* segment_;
    std::size_t done_ = 0;  ///< bytes from the start of the segment
    unsigned tries_ = 0;    ///< in vain, with the next huge page
};

}  // namespace belfry::shm
