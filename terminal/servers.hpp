#pragma once

#include "client/destination.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// Reads the value of `--server-ip`: names and addresses with commas between them, each with an
/// optional `:port`. An IPv6 address with a port stands in brackets.
/// @param port the port of the servers that name none
/// @throws cli::UsageError
[[nodiscard]] std::vector<client::ServerAddress> read_servers(std::string_view text,
                                                              const std::string& port);

}  // namespace belfry::terminal
