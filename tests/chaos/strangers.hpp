#pragma once

#include "tests/support/raw_client.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>

namespace belfry::test {

/// Connections that never log in. They send nothing, half a login, an unknown client-id, or bytes
/// that are not the protocol. Some stay open, and some are reset.
class Strangers {
  public:
    /// Opens one more connection, if a server listens, and closes the oldest if there are too many.
    void send_one(std::uint16_t port, std::mt19937_64& random);

    /// Closes all of them.
    void close_all() { connections_.clear(); }

  private:
    std::deque<RawClient> connections_;
};

}  // namespace belfry::test
