#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

/// A list of the directories and servers that this program has made and must not leave behind. In
/// test programs `leftovers_check.cpp` looks for them at the end of the run. Any thread may call
/// these functions.
namespace belfry::test::leftovers {

void remember_directory(const std::filesystem::path& path);

/// Remembers a server that leads its own process session.
void remember_server(pid_t leader);

/// Forgets a server that has left neither a process nor a segment. Its pid may be reused.
void forget_server(pid_t leader);

/// Returns all directories that were remembered.
[[nodiscard]] std::vector<std::filesystem::path> directories();

/// Returns the leaders of all servers that were remembered and not forgotten.
[[nodiscard]] std::vector<pid_t> servers();

}  // namespace belfry::test::leftovers
