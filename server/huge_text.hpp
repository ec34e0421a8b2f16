#pragma once

namespace belfry::server {

/// Moves the program's code into huge pages of 2 MiB, which all children share. Each child
/// otherwise takes a page fault for each 16 pages of code that it uses, keeps page tables for them,
/// and looks its pages up again one by one whenever it gets the processor back.
///
/// Uses madvise(MADV_COLLAPSE) of Linux 6.1, and a program whose code begins at a multiple of 2 MiB
/// (the linker's max-page-size). Where there is no such thing, or the system does not permit it,
/// the code stays where it is, and serves as well. By a process of one thread, before it forks.
void move_text_to_huge_pages() noexcept;

}  // namespace belfry::server
