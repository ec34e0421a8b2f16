#pragma once

#include "ctl/message_line.hpp"
#include "shm/segment.hpp"

namespace belfry::ctl {

/// Prints the messages in the ring to standard output, and then each one as it passes, until SIGINT
/// or SIGTERM, or the last process of the segment's server ends. Only reads: it is among nobody's
/// sleepers, so it looks twenty times a second. What left the ring before it could be read is told
/// on standard error.
/// @throws Refusal where the log cannot be read any further
/// @throws std::runtime_error where standard output cannot be written
void follow_log(const shm::Segment& segment, LineForm form);

}  // namespace belfry::ctl
