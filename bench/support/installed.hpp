#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace belfry::bench {

/// Returns where PATH finds a program; nothing if it is not installed. /usr/sbin counts as a part
/// of PATH.
[[nodiscard]] std::optional<std::filesystem::path> installed(std::string_view program);

}  // namespace belfry::bench
