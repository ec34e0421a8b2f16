#pragma once

#include "shm/segment.hpp"

#include <cstddef>

namespace belfry::shm {

/// Returns an unused address where `bytes` can be mapped, aligned for huge pages, or null if the
/// kernel offers none. The process must have one thread, since another one could use the address.
[[nodiscard]] void* huge_page_room(std::size_t bytes) noexcept;

/// Moves mapped memory, whose contents stay, into huge pages by madvise(MADV_COLLAPSE) of
/// Linux 6.1.
/// @param bytes a multiple of huge_page. @return false with errno if it failed
[[nodiscard]] bool collapse_into_huge_pages(void* start, std::size_t bytes) noexcept;

/// Moves the segment into huge pages of 2 MiB. With small pages each process takes a page fault for
/// every 4 KiB of System V shared memory, which costs more than copying the 4 KiB, and keeps 2 KiB
/// of page tables for every MiB that it has read. Huge pages need one fault for 2 MiB and no page
/// tables.
///
/// If the kernel does not support this or has no huge page left, the segment stays in small pages.
/// The contents do not change, even if other processes use them meanwhile or this process dies.
class HugePages {
  public:
    /// Only the supervisor makes one. The segment must outlive it.
    explicit HugePages(const Segment& segment) noexcept : segment_{&segment} {}

    /// Moves the next 2 MiB, which takes a few milliseconds. @return false if nothing is left to do
    bool step() noexcept;

  private:
    const Segment* segment_;
    std::size_t done_ = 0;  ///< bytes from the start of the segment
    unsigned tries_ = 0;    ///< failed attempts with the next huge page
};

}  // namespace belfry::shm
