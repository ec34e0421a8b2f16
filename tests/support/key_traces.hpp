#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belfry::test {

/// Returns what must not be found in the memory of a process that has no private key: a line of its
/// file, and its numbers as OpenSSL may hold them.
[[nodiscard]] std::vector<std::string> traces_of_key(const std::filesystem::path& file);

}  // namespace belfry::test
