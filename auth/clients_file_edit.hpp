#pragma once

#include "auth/clients_file.hpp"

#include <string>
#include <string_view>

/// Changes the text of a clients' file. All other lines, and comments, stay as they are. Nothing
/// here reads or writes a file.
namespace belfry::auth {

/// Returns the text with a new line at its end. @param content of the line: `name:HASH`
[[nodiscard]] std::string with_line(std::string_view text, std::string_view content);

/// Returns the text with another content in the line of a client. A comment in that line stays.
/// @param client as parse_clients() found it in this text
[[nodiscard]] std::string with_content(std::string_view text, const Client& client,
                                       std::string_view content);

/// Returns the text without the line of a client. A comment in that line goes too.
/// @param client as parse_clients() found it in this text
[[nodiscard]] std::string without_line(std::string_view text, const Client& client);

}  // namespace belfry::auth
