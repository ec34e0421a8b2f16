#pragma once

#include <string_view>

namespace belfry::client {

/// Writes `belfry: <text>` as one line to standard error. What the text holds from the server
/// can do nothing to a terminal.
void complain(std::string_view text) noexcept;

}  // namespace belfry::client
