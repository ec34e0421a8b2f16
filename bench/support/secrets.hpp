#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The secrets with which the clients of the benchmarks log in. All have the same one. It was
/// generated, as `belfryctl client add` does.
namespace belfry::bench {

/// Returns the text of a file for `--clients`, in which all have the secret.
[[nodiscard]] std::string clients_file(const std::vector<std::string>& client_ids);

/// Returns the line with which a client logs in.
/// @param options follow the client-id, such as `ack=manual`
[[nodiscard]] std::string login_line(std::string_view client_id, std::string_view options = "");

}  // namespace belfry::bench
