#pragma once

#include <sys/types.h>

#include <string>

namespace belfry::test {

/// Returns the writable memory of a process, shared memory included.
[[nodiscard]] std::string memory_of(pid_t pid);

}  // namespace belfry::test
