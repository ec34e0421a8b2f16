#pragma once

#include <filesystem>
#include <string>

namespace belfry::cluster {

/// Returns one line that names a certificate in PEM which cannot be used now, because it has
/// expired, is not valid yet, or cannot be read. Returns nothing if it can be used, or if the path
/// is empty.
[[nodiscard]] std::string problem_of_certificate(const std::filesystem::path& path);

}  // namespace belfry::cluster
