#pragma once

#include <sys/types.h>

#include <filesystem>

/// At the end of a run a GoogleTest environment looks for whatever the tests left behind: files,
/// processes, segments. The fixtures tell it what they started.
namespace belfry::test::leftovers {

void remember_directory(const std::filesystem::path& path);

/// A server that leads a process session of its own.
void remember_server(pid_t leader);

/// It has left neither a process nor a segment: its pid may come again.
void forget_server(pid_t leader);

}  // namespace belfry::test::leftovers
