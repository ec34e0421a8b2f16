#pragma once

#include <cstddef>
#include <memory_resource>

namespace belfry::server {

/// Memory that children do not inherit, in whole pages. For what the supervisor writes behind each
/// fork: of a page that a child has inherited, it keeps a copy of its own as soon as its parent
/// writes to it, whether or not it ever looks at it.
class OwnMemory final : public std::pmr::memory_resource {
  private:
    /// @throws std::bad_alloc
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* room, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

}  // namespace belfry::server
