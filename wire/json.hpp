#pragma once

#include "wire/frame.hpp"

#include <cstdint>
#include <string>

namespace belfry::wire {

/// Appends one JSON object and a newline: `id`, `from`, `time` (milliseconds), `seq` where it is
/// known, and `text`; where the payload is not UTF-8 `data` in base64 instead of `text`.
/// @param ascii everything but ASCII is escaped, as for a terminal
/// @param seq 0: not known
void append_json(std::string& out, const Message& message, bool ascii, std::uint64_t seq = 0);

}  // namespace belfry::wire
