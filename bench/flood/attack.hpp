#pragma once

#include "tests/support/process.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::bench {

/// An attack on a port. The attackers run in a process of their own.
struct Attack {
    std::size_t sources;  ///< number of addresses

    /// How many connections they hold that send nothing. Those that the server closes are replaced
    /// at once. 0: they connect and reset the connection again and again, as fast as they can.
    std::size_t held;
};

/// Returns for example `15,000 silent connections from 200 addresses`.
[[nodiscard]] std::string description(const Attack& attack);

/// An attack that goes on until the object is destroyed.
class RunningAttack {
  public:
    /// Starts it and waits until it is in full swing.
    RunningAttack(const Attack& attack, std::uint16_t port);

  private:
    test::Process process_;
};

/// Runs the attackers if the arguments are those of RunningAttack, and then never returns.
void attack_if_asked(const std::vector<std::string>& arguments);

}  // namespace belfry::bench
