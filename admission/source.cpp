#include "admission/source.hpp"

#include "base/random.hpp"

#include <cstring>

namespace belfry::admission {

Source::Source(const base::Endpoint& peer) noexcept {
    // The last half of a mapped IPv4 address is `ffff` and the address. No IPv6 network that is
    // routed begins in this way, because the first half of such an address is not 0000:ffff:….
    const std::size_t half = peer.is_ipv4() ? sizeof network_ : 0;
    std::memcpy(&network_, peer.address.data() + half, sizeof network_);
}

Source::Hash::Hash() : secret_{base::random_value<std::uint64_t>()} {}

std::size_t Source::Hash::operator()(const Source& source) const noexcept {
    // The finalizer of splitmix64.
    std::uint64_t mixed = source.network_ ^ secret_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

}  // namespace belfry::admission
