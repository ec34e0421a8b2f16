#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <utility>

namespace belfry::base {

/// A buffer of private memory outside the heap. It occupies only the pages that were written to,
/// and can give them back to the system.
class PageBuffer {
  public:
    /// Reserves `bytes` of address space. @throws std::bad_alloc
    explicit PageBuffer(std::size_t bytes)
        : bytes_{bytes},
          data_{
              ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)} {
        if (data_ == MAP_FAILED) throw std::bad_alloc{};
    }
    PageBuffer(PageBuffer&& other) noexcept
        : bytes_{std::exchange(other.bytes_, 0)}, data_{std::exchange(other.data_, nullptr)} {}
    PageBuffer& operator=(PageBuffer&&) = delete;
    PageBuffer(const PageBuffer&) = delete;
    PageBuffer& operator=(const PageBuffer&) = delete;
    ~PageBuffer() {
        if (data_ != nullptr) ::munmap(data_, bytes_);
    }

    [[nodiscard]] char* data() noexcept { return static_cast<char*>(data_); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_; }

    /// Gives all pages back to the system. The contents are lost; the buffer can be used again.
    void release() noexcept { ::madvise(data_, bytes_, MADV_DONTNEED); }

  private:
    std::size_t bytes_;
    void* data_;
};

}  // namespace belfry::base
