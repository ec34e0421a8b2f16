#pragma once

#include "client/colour.hpp"
#include "wire/frame.hpp"

#include <string>
#include <string_view>

/// How a message is printed as text; wire/json.hpp prints it as JSON.
namespace belfry::client {

/// The text so that a terminal only shows it. Each row after the first one is indented, so that it
/// cannot look like another message.
[[nodiscard]] std::string indented_rows(std::string_view text);

/// `sender: text` and a newline. For a terminal as indented_rows(), else the bytes as they are.
void append_text(std::string& out, const wire::Message& message, bool for_terminal,
                 Painter& painter);

}  // namespace belfry::client
