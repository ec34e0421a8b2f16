#include "bench/support/installed.hpp"

#include <boost/algorithm/string/split.hpp>

#include <cstdlib>
#include <string>
#include <vector>

namespace belfry::bench {

std::optional<std::filesystem::path> installed(std::string_view program) {
    const char* const path = std::getenv("PATH");
    std::vector<std::string> folders;
    boost::algorithm::split(folders, std::string{path == nullptr ? "" : path},
                            [](char c) { return c == ':'; });
    folders.emplace_back("/usr/sbin");  // Debian installs servers there
    for (const std::filesystem::path folder : folders) {
        if (std::filesystem::exists(folder / program)) return folder / program;
    }
    return {};
}

}  // namespace belfry::bench
