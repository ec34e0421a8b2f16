#include "ctl/replica_program.hpp"

#include "ctl/refusal.hpp"
#include "shm/cluster_arguments.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

fs::path program() {
    std::error_code error;
    const auto own = fs::read_symlink("/proc/self/exe", error);
    if (error) throw Refusal{"cannot read /proc/self/exe: " + error.message()};
    return own.parent_path() / "belfry-replica";
}

}  // namespace

void run_replica(const fs::path& data_dir, const std::string& command,
                 const std::vector<std::string>& more) {
    const std::vector<std::string> recorded = shm::read_cluster_arguments(data_dir);
    if (recorded.empty()) {
        throw Refusal{"the server of " + data_dir.string() + " is not a node of a cluster"};
    }
    std::vector<std::string> arguments{program().string(), command, "--data-dir",
                                       data_dir.string()};
    arguments.insert(arguments.end(), recorded.begin(), recorded.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    std::cout.flush();
    ::execv(pointers[0], pointers.data());
    throw Refusal{"cannot run " + arguments[0] +
                  " (package belfry-cluster): " + std::strerror(errno)};
}

}  // namespace belfry::ctl
