#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::server {

/// The options of a node of a cluster: where the engine is, how to log in there, and what the
/// cluster and this node are called. Paths are absolute.
struct ClusterOptions {
    using File = std::optional<std::filesystem::path>;

    std::string urls = {};  ///< as given: URL,URL
    File certificate = {};  ///< together with key
    File key = {};
    File ca = {};
    File user_file = {};       ///< one line: name:password
    std::string name = {};     ///< of the cluster
    std::string node = {};     ///< name of this node
    std::string address = {};  ///< HOST:PORT at which clients reach this node; empty: not given
};

/// The largest max-payload of a cluster, in bytes: the engine stores a message as one value.
inline constexpr std::uint32_t max_cluster_payload = 1U << 20;

/// Adds the options of a cluster to those of belfryd.
void describe_cluster_options(boost::program_options::options_description& options);

/// Reads the options of a cluster.
/// @return nothing if there is no `--cluster`
/// @throws cli::UsageError
[[nodiscard]] std::optional<ClusterOptions> cluster_options_in(
    const boost::program_options::variables_map& options);

/// Checks that each file can be read, and that the user file has the form `name:password` and is
/// closed to other users.
/// @throws cli::UsageError
void require_cluster_files(const ClusterOptions& options);

/// Returns the options as arguments of belfry-replica.
[[nodiscard]] std::vector<std::string> cluster_arguments(const ClusterOptions& options);

/// Tells for each option of a cluster whether its value differs.
[[nodiscard]] std::vector<std::pair<std::string_view, bool>> cluster_differences(
    const std::optional<ClusterOptions>& now, const std::optional<ClusterOptions>& next);

}  // namespace belfry::server
