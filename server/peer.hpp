#pragma once

#include <string>

namespace belfry::server {

/// `127.0.0.1:4711` or `[::1]:4711`: the other end of a connection; `?` where it is not known any
/// more.
[[nodiscard]] std::string peer_of(int socket);

}  // namespace belfry::server
