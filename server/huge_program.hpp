#pragma once

namespace belfry::server {

/// Moves the program's code and constants into huge pages of 2 MiB, which all children share. Each
/// child otherwise takes a page fault for each 16 pages of them that it uses, keeps page tables for
/// them, and looks its pages up again one by one whenever it gets the processor back.
///
/// Needs madvise(MADV_COLLAPSE) of Linux 6.1, and segments at multiples of 2 MiB: a program linked
/// so (max-page-size), and a kernel or file system that loads it so (Linux 6.11 does). Where one of
/// them is missing, or the system does not permit it, they stay where they are, and serve as well.
///
/// A profiler then finds the code in `/memfd:belfryd`, for which it knows no names. With the
/// environment variable BELFRY_HUGE_PROGRAM=off the function does nothing.
///
/// By a process of one thread, before it forks.
void move_program_to_huge_pages() noexcept;

}  // namespace belfry::server
