#include "server/heap_gaps.hpp"

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace belfry::server {
namespace {

/// malloc's least size and its alignment. A larger gap is filled in parts.
constexpr std::size_t least_gap = 24;
constexpr std::size_t step = 16;
constexpr std::size_t largest_gap = least_gap + 256 * step;

/// What fills the gaps: a list, so that it can be found.
struct Filling {
    Filling* next;
};
Filling* fillings = nullptr;

/// The free memory behind everything that is in use.
std::size_t top_of_heap() noexcept {
    return ::mallinfo2().keepcost;
}

/// @return false: there is none of that size, and malloc took from the top
bool fill_gap(std::size_t bytes) noexcept {
    const std::size_t top = top_of_heap();
    void* const room = std::malloc(bytes);
    if (room == nullptr) return false;
    if (top_of_heap() != top) {
        std::free(room);
        return false;
    }
    fillings = new (room) Filling{fillings};
    return true;
}

}  // namespace

void fill_heap_gaps() noexcept {
    if (top_of_heap() == 0) return;  // another malloc: a sanitizer's
    for (std::size_t bytes = largest_gap; bytes >= least_gap; bytes -= step) {
        while (fill_gap(bytes)) {
        }
    }
}

}  // namespace belfry::server
