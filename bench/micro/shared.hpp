#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace belfry::bench {

/// An object that this process shares with those that it forks.
template <typename T>
class Shared {
  public:
    Shared()
        : object_{::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                         0)} {
        if (object_ == MAP_FAILED) std::abort();
        new (object_) T{};
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(object_, sizeof(T)); }

    T& operator*() const { return *static_cast<T*>(object_); }
    T* operator->() const { return static_cast<T*>(object_); }

  private:
    void* object_;
};

}  // namespace belfry::bench
