#pragma once

#include "shm/segment.hpp"

#include <iosfwd>
#include <string_view>

namespace belfry::inspect {

/// Prints the messages that are in the ring, one a line (see message_line.hpp).
void print_log(std::ostream& out, const shm::Segment& segment);

/// Whether the bytes are a whole MSG frame of that id by that sender.
[[nodiscard]] bool is_record(std::string_view record, std::uint64_t id, std::string_view sender);

}  // namespace belfry::inspect
