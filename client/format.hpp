#pragma once

#include "client/colour.hpp"
#include "wire/frame.hpp"

#include <string>

/// How a message is printed as text; wire/json.hpp prints it as JSON.
namespace belfry::client {

/// `sender: text` and a newline. For a terminal safely, else the bytes as they are.
void append_text(std::string& out, const wire::Message& message, bool for_terminal,
                 Painter& painter);

}  // namespace belfry::client
