#pragma once

#include <filesystem>

namespace belfry::ctl {

/// Shows the status on the terminal, and updates it once a second, until `q` or a termination
/// signal, or until the terminal hangs up. It looks for the segment each time, so it goes on after
/// a server has ended, and shows the next server.
/// @throws cli::UsageError if there is no terminal
void run_top(const std::filesystem::path& data_dir);

}  // namespace belfry::ctl
