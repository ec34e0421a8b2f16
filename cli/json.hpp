#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::cli {

/// A message that a program prints.
struct PrintedMessage {
    std::uint64_t id = 0;
    std::string_view sender;
    std::uint64_t time_ms = 0;  ///< Unix time in milliseconds
    std::uint64_t seq = 0;      ///< 0 if it is not known
    std::string_view payload;
};

/// Appends the message as one JSON object and a newline. Its keys are `id`, `from`, `time` (Unix
/// time in milliseconds), `seq` if it is known, and `text`. If the payload is not UTF-8, `data` in
/// base64 stands in place of `text`.
/// @param ascii escape all characters that are not ASCII, for output to a terminal
void append_json(std::string& out, const PrintedMessage& message, bool ascii);

}  // namespace belfry::cli
