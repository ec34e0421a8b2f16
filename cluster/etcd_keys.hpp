#pragma once

#include "cluster/engine.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The names of keys in etcd. All keys of a cluster begin with `/belfry/CLUSTER/`, its prefix. The
/// other names here lack it, as the keys of Engine do.
namespace belfry::cluster {

/// The beginning of the names of all batches.
inline constexpr std::string_view log_folder = "log/";

/// Returns the prefix of all keys of a cluster.
[[nodiscard]] std::string cluster_prefix(std::string_view cluster);

/// Returns the first key after all keys that begin with `prefix`, which must not be empty, nor end
/// with the byte 255.
[[nodiscard]] std::string end_of_prefix(std::string_view prefix);

/// Returns `log/INCARNATION/POSITION`, both with 16 hexadecimal digits, so that the keys of an
/// incarnation have the order of their positions.
[[nodiscard]] std::string batch_name(std::uint64_t incarnation, std::uint64_t position);

/// Returns `log/INCARNATION/`.
[[nodiscard]] std::string incarnation_folder(std::uint64_t incarnation);

/// Parses what batch_name() returns. The revision of the result is 0.
[[nodiscard]] std::optional<BatchKey> parse_batch_name(std::string_view name);

}  // namespace belfry::cluster
