#include "bench/micro/crew.hpp"

#include "tests/support/shared.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>

namespace belfry::bench {
namespace {

using Clock = std::chrono::steady_clock;  // the same in all processes of the machine

constexpr std::size_t max_processes = 16;

struct Times {
    std::atomic<std::size_t> ready;
    std::array<Clock::time_point, max_processes> begin;
    std::array<Clock::time_point, max_processes> end;
};

[[noreturn]] void work(Times& times, std::size_t processes, std::size_t number,
                       const std::function<void()>& task) {
    ++times.ready;
    while (times.ready.load() < processes) ::usleep(10);
    times.begin[number] = Clock::now();
    task();
    times.end[number] = Clock::now();
    ::_exit(EXIT_SUCCESS);
}

void wait_for(std::size_t processes) {
    for (std::size_t i = 0; i < processes; ++i) {
        int status = 0;
        if (::wait(&status) == -1 || status != 0) std::abort();
    }
}

}  // namespace

double run_crew(std::size_t processes,
                const std::function<std::function<void()>(std::size_t number)>& job) {
    const test::Shared<Times> times;
    for (std::size_t number = 0; number < processes; ++number) {
        const pid_t pid = ::fork();
        if (pid == -1) std::abort();
        if (pid == 0) work(*times, processes, number, job(number));
    }
    wait_for(processes);
    const auto last = static_cast<std::ptrdiff_t>(processes);
    const auto begin = *std::min_element(times->begin.begin(), times->begin.begin() + last);
    const auto end = *std::max_element(times->end.begin(), times->end.begin() + last);
    return std::chrono::duration<double>(end - begin).count();
}

}  // namespace belfry::bench
