#pragma once

#include "ctl/message_line.hpp"

#include <filesystem>
#include <iosfwd>
#include <string_view>

namespace belfry::ctl {

/// Prints the messages of the store whose body contains the text, oldest first. Reads every message
/// that is in the store when it begins.
/// @throws StoreError; Refusal where a part of the store cannot be read, behind all others
void search(std::ostream& out, const std::filesystem::path& data_dir, std::string_view text,
            LineForm form);

/// Whether the body contains the text. ASCII letters of either case are alike; no character has a
/// meaning of its own.
[[nodiscard]] bool contains(std::string_view body, std::string_view text) noexcept;

}  // namespace belfry::ctl
