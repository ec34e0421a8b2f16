#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

/// What keeps a session child small.
///
/// Each client has a process of its own, so whatever one child needs is needed as often as there
/// are clients online. After the fork, parent and child share all of their pages. A page stops
/// being shared as soon as one of them writes to it: then the child has a copy of its own, even of
/// a page that it never looks at. So the measures are to write to few pages, and to keep nothing
/// for later. How much each is worth stands in bench/README.md:
///
/// - OwnMemory: what the supervisor writes after each fork lies where children do not inherit it.
/// - allocate_from_one_arena(): both threads of a child allocate from the heap that they inherit.
/// - make_thread_stacks_small(): a stack needs no page tables of its own.
/// - start_delivery(): a thread that has sent something and is idle gives way to a new one.
///
/// Beside these, an idle Delivery releases its buffers, and SessionLoop starts with a small input
/// buffer. belfryd is linked without shared libraries (Makefile), and huge_program.hpp shares its
/// code.
namespace belfry::server {

class Delivery;

/// Memory that children do not inherit, in whole pages. For what the supervisor writes after each
/// fork.
class OwnMemory final : public std::pmr::memory_resource {
  private:
    /// @throws std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* room, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

/// Makes all threads of this process, and of its children, allocate from one heap. An arena of its
/// own for each thread would take 8 KiB more, and the threads of a child allocate next to nothing.
/// By main(), first of all.
void allocate_from_one_arena() noexcept;

/// Sets the stack size of the threads that this process starts from now on. By a session child.
void make_thread_stacks_small() noexcept;

/// Starts an output thread, which runs the delivery until that is over. Whenever the delivery has
/// been idle, the thread starts another one and ends, because the kernel keeps 32 KiB for a thread
/// that has sent something (sk_page_frag) until the thread ends. If no other thread can be started,
/// it goes on itself.
/// @param delivery owned by the threads
/// @return false: no thread could be started
[[nodiscard]] bool start_delivery(const std::shared_ptr<Delivery>& delivery) noexcept;

}  // namespace belfry::server
