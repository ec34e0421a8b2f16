#include "bench/support/machine.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <thread>

namespace belfry::bench {
namespace {

std::string processor() {
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
    }
    return "unknown processor";
}

}  // namespace

std::string machine() {
    utsname name{};
    ::uname(&name);
    return std::to_string(std::thread::hardware_concurrency()) + " processors " + processor() +
           ", Linux " + static_cast<const char*>(name.release);
}

}  // namespace belfry::bench
