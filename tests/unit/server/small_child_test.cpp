#include "server/small_child.hpp"

#include "tests/support/forked_child.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <thread>

namespace belfry::test {
namespace {

constexpr std::size_t page = 4096;

TEST(OwnMemory, IsNotInheritedByAChild) {
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

std::size_t stack_of_a_new_thread() {
    std::size_t bytes = 0;
    std::thread{[&bytes] {
        pthread_attr_t attributes;
        ::pthread_getattr_np(::pthread_self(), &attributes);
        ::pthread_attr_getstacksize(&attributes, &bytes);
        ::pthread_attr_destroy(&attributes);
    }}.join();
    return bytes;
}

TEST(ThreadStacks, OfASessionChildAreSmall) {
    ForkedChild child{[] {
        server::make_thread_stacks_small();
        return stack_of_a_new_thread() == 64 * page ? 0 : 1;
    }};
    EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace belfry::test
