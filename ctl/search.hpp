#pragma once

#include "ctl/message_line.hpp"

#include <filesystem>
#include <iosfwd>
#include <string_view>

namespace belfry::ctl {

/// Prints the messages of the store whose body contains the text, oldest first. It searches the
/// messages that are in the store at the call.
/// @throws StoreError
/// @throws Refusal if some messages cannot be read, after all others have been searched
void search(std::ostream& out, const std::filesystem::path& data_dir, std::string_view text,
            LineForm form);

/// Tells whether the body contains the text. ASCII letters match in either case. No character has a
/// special meaning.
[[nodiscard]] bool contains(std::string_view body, std::string_view text) noexcept;

}  // namespace belfry::ctl
