#pragma once

#include "wire/frame.hpp"

#include <cstdint>
#include <string>

namespace belfry::wire {

/// Appends the message as one JSON object and a newline. Its keys are `id`, `from`, `time` (Unix
/// time in milliseconds), `seq` if it is known, and `text`. If the payload is not UTF-8, `data` in
/// base64 stands in place of `text`.
/// @param ascii escape all characters that are not ASCII, for output to a terminal
/// @param seq 0 if it is not known
void append_json(std::string& out, const Message& message, bool ascii, std::uint64_t seq = 0);

}  // namespace belfry::wire
