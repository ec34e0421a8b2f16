#pragma once

#include "sandbox/system_calls.hpp"

#include <linux/filter.h>

#include <vector>

namespace belfry::sandbox {

/// A compiled filter of system calls. A call that its process does not need fails with EPERM, and
/// clone3(2) with ENOSYS, so that the C library uses clone(2), whose flags a filter can read.
class SeccompFilter {
  public:
    /// Compiles the filter with libseccomp. It stays empty if the kernel has no filters.
    /// @throws std::system_error
    explicit SeccompFilter(ProcessKind kind);

    /// Installs the filter in the calling thread and in all threads and processes that it starts
    /// from now on. The process must have given up gaining privileges (PR_SET_NO_NEW_PRIVS).
    /// Allocates nothing. An empty filter installs nothing.
    /// @return false with errno
    [[nodiscard]] bool install() const noexcept;

    [[nodiscard]] bool empty() const noexcept { return program_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return program_.size(); }

  private:
    std::vector<sock_filter> program_;
};

}  // namespace belfry::sandbox
