#include "bench/support/cpu_meter.hpp"

#include "tests/support/proc.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace belfry::bench {

double CpuMeter::seconds() {
    for (const auto& process : test::processes()) {
        if (process.session == session_) read_process(process.pid);
    }
    std::uint64_t sum = 0;
    for (const auto& [thread, nanoseconds] : nanoseconds_) sum += nanoseconds;
    return 1e-9 * static_cast<double>(sum);
}

void CpuMeter::read_process(pid_t pid) {
    std::error_code gone;
    const std::filesystem::directory_iterator tasks{"/proc/" + std::to_string(pid) + "/task", gone};
    for (auto task = begin(tasks); task != end(tasks); task.increment(gone)) {
        std::uint64_t nanoseconds = 0;
        if (!(std::ifstream{task->path() / "schedstat"} >> nanoseconds)) continue;
        auto& last = nanoseconds_[{pid, std::stoi(task->path().filename().string())}];
        last = std::max(last, nanoseconds);
    }
}

}  // namespace belfry::bench
