#pragma once

#include "tests/support/raw_client.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>

namespace belfry::test {

/// Connections of nobody: they say nothing, half a login, the name of somebody unknown, or bytes
/// that mean nothing; some stay, some are cut.
class Strangers {
  public:
    /// One more, while somebody listens. The oldest goes where there are many.
    void send_one(std::uint16_t port, std::mt19937_64& random);

    /// All of them go.
    void leave() { connections_.clear(); }

  private:
    std::deque<RawClient> connections_;
};

}  // namespace belfry::test
