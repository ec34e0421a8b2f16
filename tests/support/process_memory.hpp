#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace belfry::test {

/// Returns the writable memory of a process, shared memory included.
[[nodiscard]] std::string memory_of(pid_t pid);

/// Tells whether the text stands somewhere in such memory.
[[nodiscard]] inline bool has(const std::string& memory, std::string_view text) {
    return memory.find(text) != std::string::npos;
}

}  // namespace belfry::test
