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

std::vector<std::string> arguments_for(const fs::path& data_dir, const std::string& command) {
    std::vector<std::string> arguments{program().string(), command, "--data-dir",
                                       data_dir.string()};
    for (const std::string& recorded : shm::read_cluster_arguments(data_dir)) {
        arguments.push_back(recorded);
    }
    return arguments;
}

}  // namespace

bool is_node(const fs::path& data_dir) {
    return !shm::read_cluster_arguments(data_dir).empty();
}

void run_replica(const fs::path& data_dir, const std::string& command,
                 const std::vector<std::string>& more) {
    if (!is_node(data_dir)) {
        throw Refusal{"the server of " + data_dir.string() + " is not a node of a cluster"};
    }
    std::vector<std::string> arguments = arguments_for(data_dir, command);
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    std::cout.flush();
    ::execv(pointers[0], pointers.data());
    throw Refusal{"cannot run " + arguments[0] +
                  " (package belfry-cluster): " + std::strerror(errno)};
}

}  // namespace belfry::ctl
