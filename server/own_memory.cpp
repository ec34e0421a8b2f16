#include "server/own_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace belfry::server {

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

}  // namespace belfry::server
