#pragma once

#include "ctl/message_line.hpp"
#include "shm/segment.hpp"

namespace belfry::ctl {

/// Prints the messages in the ring to standard output, and then each new one, until SIGINT or
/// SIGTERM, or until the last process of the segment's server has ended. The segment is mapped
/// read-only, so this process cannot ask to be woken. It polls twenty times a second. Messages that
/// left the ring before they could be read are reported on standard error.
/// @throws Refusal if the log is damaged
/// @throws std::runtime_error if standard output cannot be written
void follow_log(const shm::Segment& segment, LineForm form);

}  // namespace belfry::ctl
