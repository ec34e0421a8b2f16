#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace belfry::test {

/// A network namespace, and a link between it and the network of the test program: a pair of
/// virtual Ethernet devices. It needs root and the command ip. The kernel removes everything when
/// neither this object nor a process in the namespace is left, however the test program ends.
class LinkedNetwork {
  public:
    /// Makes one. @return nothing, after a line that says why, if the system does not permit it
    [[nodiscard]] static std::unique_ptr<LinkedNetwork> make();

    LinkedNetwork(const LinkedNetwork&) = delete;
    LinkedNetwork& operator=(const LinkedNetwork&) = delete;
    ~LinkedNetwork();

    /// Returns the namespace, for Invocation::network.
    [[nodiscard]] int fd() const { return space_.get(); }

    /// Returns the address at which the test program is reached over the link.
    [[nodiscard]] const std::string& outer_address() const { return outer_address_; }

    /// Takes the link down or up. While it is down every packet is lost.
    void set_link(bool is_up) const;

    /// Connects to a port of 127.0.0.1 within the namespace, also while the link is down.
    [[nodiscard]] base::UniqueFd connect(std::uint16_t port) const;

  private:
    LinkedNetwork();

    base::UniqueFd space_;
    std::string device_;  ///< the end of the link in the network of the test program
    std::string outer_address_;
};

}  // namespace belfry::test
