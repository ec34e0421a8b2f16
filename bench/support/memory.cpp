#include "bench/support/memory.hpp"

#include "tests/support/proc.hpp"

#include <unistd.h>

#include <fstream>
#include <limits>
#include <map>
#include <string>

namespace belfry::bench {
namespace {

/// Reads lines like `Name: 123 kB`.
std::map<std::string, double> sizes_in(const std::string& path) {
    std::map<std::string, double> sizes;
    std::ifstream file{path};
    std::string name;
    for (double size = 0; file >> name;) {
        if (file >> size) sizes[name] = size;
        file.clear();
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return sizes;
}

/// Returns the free pages that the kernel keeps for each processor and counts as used. With 24 GB
/// of memory they are up to 90 MB, which is as much as a few hundred clients take.
double kept_for_processors() {
    std::ifstream file{"/proc/zoneinfo"};
    double pages = 0;
    std::string word;
    for (double count = 0; file >> word;) {
        if (word == "count:" && file >> count) pages += count;
    }
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double private_memory_of(const std::string& process) {
    return sizes_in("/proc/" + process + "/smaps_rollup")["Pss_Anon:"];
}

}  // namespace

MachineMemory machine_memory() {
    auto sizes = sizes_in("/proc/meminfo");
    return {sizes["MemAvailable:"] + kept_for_processors(), sizes["PageTables:"],
            sizes["KernelStack:"], sizes["SUnreclaim:"]};
}

double private_memory(pid_t session) {
    double sum = 0;
    for (const auto& process : test::processes()) {
        if (process.session == session) sum += private_memory_of(std::to_string(process.pid));
    }
    return sum;
}

double private_memory_of_this_process() {
    return private_memory_of("self");
}

}  // namespace belfry::bench
