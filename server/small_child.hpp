#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

/// Keeps the memory of a session child small.
///
/// Each client that is online has a process of its own. After the fork, parent and child share all
/// of their pages. After one of them has written to a page, each has a copy of its own, even if the
/// child never uses that page. So the code writes to few pages, and keeps no memory for later.
/// bench/README.md lists how much each measure saves:
///
/// - OwnMemory: children do not inherit the memory that the supervisor writes after each fork.
/// - allocate_from_one_arena(): both threads of a child allocate from the heap that they inherit.
/// - make_thread_stacks_small(): a stack needs no page tables of its own.
/// - start_delivery(): an output thread that has sent something and is idle is replaced by a new
/// one.
///
/// In addition, an idle Delivery releases its buffers, and SessionLoop starts with a small input
/// buffer. belfryd is linked without shared libraries (Makefile), and huge_program.hpp shares its
/// code.
namespace belfry::server {

class Delivery;

/// Allocates memory that children do not inherit, in whole pages. It is for data that the
/// supervisor writes after each fork.
class OwnMemory final : public std::pmr::memory_resource {
  private:
    /// @throws std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* room, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

/// Makes all threads of this process, and of its children, allocate from one heap. An arena for
/// each thread would use 8 KiB more, and the threads of a child allocate next to nothing. main()
/// calls it before anything else that allocates.
void allocate_from_one_arena() noexcept;

/// Sets the stack size of the threads that this process starts from now on. A session child calls
/// it.
void make_thread_stacks_small() noexcept;

/// Starts an output thread, which runs the delivery until it is over. Whenever the delivery is
/// idle, the thread starts another one and ends, because the kernel keeps 32 KiB for a thread that
/// has sent something (sk_page_frag) until the thread ends. If no other thread can be started, the
/// thread continues itself.
/// @param delivery shared by the threads
/// @return false if no thread could be started
[[nodiscard]] bool start_delivery(const std::shared_ptr<Delivery>& delivery) noexcept;

}  // namespace belfry::server
