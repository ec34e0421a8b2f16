#pragma once

#include <filesystem>

namespace belfry::ctl {

/// The status live on the terminal, once a second, until `q`, SIGINT or SIGTERM. It looks for the
/// segment each time, so it outlives a server, and shows the next one.
/// @throws cli::UsageError where there is no terminal
void run_top(const std::filesystem::path& data_dir);

}  // namespace belfry::ctl
