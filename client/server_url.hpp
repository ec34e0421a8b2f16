#pragma once

#include "belfry/client.hpp"
#include "client/destination.hpp"

#include <string>
#include <vector>

namespace belfry::client {

/// Reads Options::servers: `tcp://HOST:PORT` or `tls://HOST:PORT`, where an IPv6 address stands in
/// brackets.
/// @param tls the options of TLS, which are used if the scheme is `tls`
[[nodiscard]] Result<Destination> read_urls(const std::vector<std::string>& urls, const Tls& tls);

}  // namespace belfry::client
