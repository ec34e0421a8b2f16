#pragma once

namespace belfry::server {

/// Moves the program's code and constants into huge pages of 2 MiB, which all children share.
/// Without this, each child takes a page fault for every 16 small pages of code and constants that
/// it uses, keeps page tables for them, and reloads its address translations (TLB) one by one
/// whenever it gets the processor back.
///
/// This needs madvise(MADV_COLLAPSE) of Linux 6.1, and program segments at multiples of 2 MiB. The
/// program must be linked that way (max-page-size), and the kernel must load it that way, as Linux
/// 6.11 does. Otherwise, or if the system does not permit it, the program stays in its small pages.
///
/// A profiler then finds the code in `/memfd:belfryd`, for which it knows no names. With the
/// environment variable BELFRY_HUGE_PROGRAM=off the function does nothing.
///
/// The process must have one thread and must not have forked yet.
void move_program_to_huge_pages() noexcept;

}  // namespace belfry::server
