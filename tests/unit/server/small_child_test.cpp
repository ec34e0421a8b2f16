#include "server/heap_gaps.hpp"
#include "server/own_memory.hpp"
#include "tests/support/forked_child.hpp"

#include <sys/mman.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace belfry::test {
namespace {

constexpr std::size_t page = 4096;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;  // then malloc is another one
#else
constexpr bool sanitized = false;
#endif

std::uintptr_t page_of(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) / page;
}

/// Leaves a gap of each of many sizes, each on another page.
void make_gaps() {
    std::vector<std::unique_ptr<char[]>> gaps;
    static std::vector<std::unique_ptr<char[]>> between;
    for (std::size_t bytes = 24; bytes < 1'500; bytes += 16) {
        gaps.push_back(std::make_unique<char[]>(bytes));
        between.push_back(std::make_unique<char[]>(page));
    }
}

std::size_t pages_of_small_allocations() {
    std::array<std::unique_ptr<char[]>, 40> small;
    std::vector<std::uintptr_t> pages;
    pages.reserve(small.size());
    std::size_t bytes = 24;
    for (auto& one : small) {
        one = std::make_unique<char[]>(bytes);
        pages.push_back(page_of(one.get()));
        bytes += 16;
    }
    std::ranges::sort(pages);
    return static_cast<std::size_t>(std::ranges::unique(pages).begin() - pages.begin());
}

TEST(HeapGaps, WhatIsAllocatedBehindThemLiesInOnePiece) {
    if (sanitized) GTEST_SKIP() << "a sanitizer's heap has no gaps";
    ForkedChild child{[] {
        server::fill_heap_gaps();  // those of other tests
        make_gaps();
        const std::size_t scattered = pages_of_small_allocations();
        server::fill_heap_gaps();
        // 40 allocations of 24 to 648 bytes are four pages, and may begin inside one.
        return scattered > 20 && pages_of_small_allocations() <= 5 ? 0 : 1;
    }};
    EXPECT_EQ(child.wait(), 0);
}

TEST(OwnMemory, IsNotThereInAChild) {
    server::OwnMemory memory;
    auto* const room = static_cast<char*>(memory.allocate(3 * page));
    std::fill_n(room, 3 * page, 'x');
    ForkedChild child{[room] {
        unsigned char in_memory = 0;
        return ::mincore(room, page, &in_memory) == -1 && errno == ENOMEM ? 0 : 1;
    }};
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(room[3 * page - 1], 'x');
    memory.deallocate(room, 3 * page);
}

}  // namespace
}  // namespace belfry::test
