#pragma once

#include "base/endpoint.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>

namespace belfry::admission {

/// The network from which a connection comes: an IPv4 address, or the first 64 bits of an IPv6
/// address, because a single customer usually has all addresses below those. Loopback addresses are
/// sources like any other.
class Source {
  public:
    Source() noexcept = default;
    explicit Source(const base::Endpoint& peer) noexcept;

    auto operator<=>(const Source&) const noexcept = default;

    /// Hashes sources with a secret, because a peer with many addresses could otherwise choose
    /// those that collide.
    class Hash {
      public:
        Hash();
        [[nodiscard]] std::size_t operator()(const Source& source) const noexcept;

      private:
        std::uint64_t secret_;
    };

  private:
    std::uint64_t network_ = 0;
};

}  // namespace belfry::admission
