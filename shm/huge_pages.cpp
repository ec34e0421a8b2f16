#include "shm/huge_pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

namespace belfry::shm {
namespace {

constexpr int madv_collapse = 25;  // of Linux 6.1; glibc 2.36 does not name it

/// After this many failed attempts a part stays in small pages.
constexpr unsigned max_tries = 20;

}  // namespace

void* huge_page_room(std::size_t bytes) noexcept {
    const std::size_t length = bytes + huge_page;
    void* room =
        ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) return nullptr;
    ::munmap(room, length);
    const std::size_t beyond = reinterpret_cast<std::uintptr_t>(room) % huge_page;
    return static_cast<char*>(room) + (beyond == 0 ? 0 : huge_page - beyond);
}

bool collapse_into_huge_pages(void* start, std::size_t bytes) noexcept {
    return ::madvise(start, bytes, madv_collapse) == 0;
}

bool HugePages::step() noexcept {
    if (segment_->prefix().segment_bytes - done_ < huge_page) return false;
    char* start = reinterpret_cast<char*>(&segment_->prefix()) + done_;
    // The kernel refuses memory that has no page yet; reading a byte makes one.
    static_cast<void>(*static_cast<volatile const char*>(start));
    if (collapse_into_huge_pages(start, huge_page) || tries_ == max_tries) {
        done_ += huge_page;
        tries_ = 0;
    } else if (errno == EAGAIN || errno == EBUSY) {
        ++tries_;  // a process is using one of the small pages
    } else {
        done_ = segment_->prefix().segment_bytes;
    }
    return segment_->prefix().segment_bytes - done_ >= huge_page;
}

}  // namespace belfry::shm
