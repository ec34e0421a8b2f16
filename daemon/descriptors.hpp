#pragma once

#include "base/unique_fd.hpp"

#include <span>

/// Which descriptors a process has open.
namespace belfry {
inline namespace daemon {

/// Opens descriptors 0 to 2 if they are closed. Otherwise a file that is opened later would be used
/// as standard output. main() calls it first.
void open_missing_standard_descriptors() noexcept;

/// Closes all descriptors except 0 to 2 and those given. A child calls it directly after the fork.
/// @param kept sorted by this function; negative ones are ignored
void close_all_except(std::span<int> kept) noexcept;

/// The file that open_reserve() opens.
inline constexpr const char* null_device = "/dev/null";

/// Opens a descriptor that is closed if no other is left, to accept a connection and get rid of it.
[[nodiscard]] base::UniqueFd open_reserve() noexcept;

/// Replaces standard input and output by /dev/null, so that a program that reads the output of the
/// parent does not have to wait until all children have exited. It needs a free descriptor.
void detach_standard_streams() noexcept;

}  // namespace daemon
}  // namespace belfry
