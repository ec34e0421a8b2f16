#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belfry::ctl {

/// Replaces this process by belfry-replica, which stands beside belfryctl, with the options of the
/// cluster that belfryd has recorded in the data directory.
/// @param command the first argument
/// @param more further arguments
/// @throws Refusal if the server was not started as a node, or the program cannot be executed
[[noreturn]] void run_replica(const std::filesystem::path& data_dir, const std::string& command,
                              const std::vector<std::string>& more);

}  // namespace belfry::ctl
