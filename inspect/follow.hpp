#pragma once

#include "shm/segment_file.hpp"

#include <filesystem>
#include <iosfwd>

namespace belfry::inspect {

/// Prints the messages in the ring, and then each one as it passes, until SIGINT or SIGTERM, or the
/// server ends. Only reads: it is among nobody's sleepers, so it looks twenty times a second. What
/// left the ring before it could be read is told on standard error.
/// @throws Refusal where the log cannot be read any further
void follow_log(std::ostream& out, const std::filesystem::path& data_dir,
                const shm::FoundSegment& found);

}  // namespace belfry::inspect
