#include "server/heap_gaps.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace belfry::server {
namespace {

/// malloc's least size, its alignment, and the largest size that it keeps apart when it is freed
/// (the tcache). A larger gap is filled in parts.
constexpr std::size_t min_gap = 24;
constexpr std::size_t step = 16;
constexpr std::size_t largest_gap = 1032;

/// What fills the gaps: a list, so that it can be found.
struct Filling {
    Filling* next;
};
Filling* fillings = nullptr;

/// @return false: there is none of that size, and malloc took from what is free behind all of them
bool fill_gap(std::size_t bytes, const char* behind) noexcept {
    void* const room = std::malloc(bytes);
    if (room == nullptr) return false;
    fillings = new (room) Filling{fillings};
    return room < behind;
}

}  // namespace

void fill_heap_gaps() noexcept {
    const struct mallinfo2 heap = ::mallinfo2();
    if (heap.keepcost == 0) return;  // another malloc: a sanitizer's
    const char* const behind = static_cast<const char*>(::sbrk(0)) - heap.keepcost;
    // More there cannot be, wherever the heap lies.
    std::size_t most = heap.fordblks / sizeof(Filling);
    for (std::size_t bytes = largest_gap; bytes >= min_gap; bytes -= step) {
        while (most > 0 && fill_gap(bytes, behind)) --most;
    }
}

}  // namespace belfry::server
