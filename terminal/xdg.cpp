#include "terminal/xdg.hpp"

#include <cstdlib>
#include <string_view>

namespace belfry::terminal::xdg {
namespace {

// A path that is not absolute is to be ignored, says the specification.
std::string folder(const char* variable, std::string_view below_home) {
    const char* set = std::getenv(variable);
    if (set != nullptr && *set == '/') return set;
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return {};
    return std::string{home}.append("/").append(below_home);
}

std::string file(std::string folder, std::string_view name) {
    if (folder.empty()) return folder;
    return folder.append("/").append(name);
}

}  // namespace

std::string config_file() {
    return file(folder("XDG_CONFIG_HOME", ".config"), "belfry.conf");
}

std::string history_file() {
    return file(folder("XDG_STATE_HOME", ".local/state"), "belfry/history");
}

}  // namespace belfry::terminal::xdg
