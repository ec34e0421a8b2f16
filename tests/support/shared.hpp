#pragma once

#include "tests/support/failure.hpp"

#include <sys/mman.h>

#include <new>

namespace belfry::test {

/// A zeroed object in memory that this process shares with the children that it forks later.
template <class T>
class Shared {
  public:
    Shared() {
        void* memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw system_failure("mmap");
        object_ = new (memory) T{};
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(object_, sizeof(T)); }

    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }

  private:
    T* object_;
};

}  // namespace belfry::test
