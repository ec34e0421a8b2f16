#pragma once

#include "wire/frame.hpp"

#include <string>

/// How a message is printed.
namespace belfry::client {

/// `sender: text` and a newline. For a terminal safely, else the bytes as they are.
void append_text(std::string& out, const wire::Message& message, bool for_terminal);

/// One JSON object and a newline: `id`, `from`, `time` (milliseconds), `text`; where the payload
/// is not UTF-8 `data` in base64 instead of `text`. For a terminal in ASCII.
void append_json(std::string& out, const wire::Message& message, bool for_terminal);

}  // namespace belfry::client
