#pragma once

#include "base/unique_fd.hpp"
#include "daemon/logger.hpp"
#include "server/cluster_options.hpp"

#include <sys/types.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Runs the program belfry-replica, which stands beside belfryd's own program file. On a node of a
/// cluster it takes the archiver's place.
namespace belfry::server {

/// Returns the path of the program.
/// @throws cli::UsageError if it is not installed
[[nodiscard]] std::filesystem::path replica_program();

/// The settings that all nodes of a cluster share.
struct ClusterSettings {
    std::string epoch;
    std::uint32_t max_payload;
};

/// Parses the line that `belfry-replica join` prints: `epoch=HEX max-payload=N`.
/// @return nothing if it is another line
[[nodiscard]] std::optional<ClusterSettings> parse_cluster_settings(std::string_view line);

/// The node cannot join. belfry-replica has already printed the reason, so belfryd only exits.
class JoinRefused : public std::exception {
  public:
    explicit JoinRefused(int exit_status) noexcept : exit_status_{exit_status} {}
    [[nodiscard]] const char* what() const noexcept override { return "the node cannot join"; }
    /// Returns the status with which belfryd exits: 2 for a mistake in the configuration, else 1.
    [[nodiscard]] int exit_status() const noexcept { return exit_status_; }

  private:
    int exit_status_;
};

/// Runs `belfry-replica join`, and waits for it. It compares the database in the data directory
/// with the cluster. The supervisor calls it before it opens the store and makes a segment.
/// @param max_payload that of a cluster which this node is the first to join
/// @throws JoinRefused
/// @throws StartError if no process can be made, or the program's answer makes no sense
/// @throws cli::UsageError if the program is not installed
[[nodiscard]] ClusterSettings join_cluster(const ClusterOptions& cluster,
                                           const std::filesystem::path& data_dir,
                                           std::uint32_t max_payload);

/// How the replica is executed.
struct ReplicaCommand {
    std::filesystem::path program;
    std::filesystem::path data_dir;
    std::vector<std::string> engine;  ///< cluster_arguments()
    LogFormat log_format;
    bool is_changed = false;  ///< a replica that runs already was started with other options
};

/// Forks and executes the replica. It inherits standard error and the locked file `alive`.
/// @param generation of its entry in the table of processes
/// @return its pid, or -1 with errno if the fork failed
[[nodiscard]] pid_t spawn_replica(const ReplicaCommand& command, std::uint32_t generation,
                                  LogLevel log_level, const base::UniqueFd& alive);

}  // namespace belfry::server
