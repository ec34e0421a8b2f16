#include "tests/support/leftovers.hpp"

#include <mutex>

namespace belfry::test::leftovers {
namespace {

struct Known {
    std::mutex mutex;
    std::vector<std::filesystem::path> directories;
    std::vector<pid_t> servers;
};

Known& known() {
    static Known everything;
    return everything;
}

}  // namespace

void remember_directory(const std::filesystem::path& path) {
    const std::lock_guard lock{known().mutex};
    known().directories.push_back(path);
}

void remember_server(pid_t leader) {
    const std::lock_guard lock{known().mutex};
    known().servers.push_back(leader);
}

void forget_server(pid_t leader) {
    const std::lock_guard lock{known().mutex};
    std::erase(known().servers, leader);
}

std::vector<std::filesystem::path> directories() {
    const std::lock_guard lock{known().mutex};
    return known().directories;
}

std::vector<pid_t> servers() {
    const std::lock_guard lock{known().mutex};
    return known().servers;
}

}  // namespace belfry::test::leftovers
