#include "server/small_child.hpp"

#include "server/delivery.hpp"

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include <new>
#include <system_error>
#include <thread>

namespace belfry::server {
namespace {

/// The output thread needs less than 64 KiB, SQLite included. A larger stack would use no more
/// pages, but it would lie so far from everything else that it needs page tables of its own.
constexpr std::size_t thread_stack = 256 << 10;

}  // namespace

void* OwnMemory::do_allocate(std::size_t bytes, std::size_t /*alignment*/) {
    void* const room =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) throw std::bad_alloc{};
    ::madvise(room, bytes, MADV_DONTFORK);
    return room;
}

void OwnMemory::do_deallocate(void* room, std::size_t bytes, std::size_t /*alignment*/) {
    ::munmap(room, bytes);
}

void allocate_from_one_arena() noexcept {
    ::mallopt(M_ARENA_MAX, 1);
}

void make_thread_stacks_small() noexcept {
    pthread_attr_t attributes;
    if (::pthread_attr_init(&attributes) != 0) return;
    ::pthread_attr_setstacksize(&attributes, thread_stack);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
}

bool start_delivery(const std::shared_ptr<Delivery>& delivery) noexcept {
    const auto run = [delivery]() noexcept {
        while (delivery->run() == Delivery::End::idle) {
            if (start_delivery(delivery)) return;
        }
    };
    try {
        std::thread{run}.detach();
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

}  // namespace belfry::server
