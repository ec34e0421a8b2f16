#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

/// What this program has started and must not leave behind. In a program of tests
/// `leftovers_check.cpp` looks for it at the end of the run. Any thread.
namespace belfry::test::leftovers {

void remember_directory(const std::filesystem::path& path);

/// A server that leads a process session of its own.
void remember_server(pid_t leader);

/// The server has left neither a process nor a segment. Its pid may be used again.
void forget_server(pid_t leader);

/// All directories that were remembered.
[[nodiscard]] std::vector<std::filesystem::path> directories();

/// The leaders of all servers that were remembered and not forgotten.
[[nodiscard]] std::vector<pid_t> servers();

}  // namespace belfry::test::leftovers
