#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace belfry::bench {

/// Where PATH finds a program; /usr/sbin counts as a part of it. None: it is not installed.
[[nodiscard]] std::optional<std::filesystem::path> installed(std::string_view program);

}  // namespace belfry::bench
