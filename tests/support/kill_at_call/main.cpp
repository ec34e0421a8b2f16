#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

/// kill_at_call VICTIM N REPORT PROGRAM [ARGUMENTS]
///
/// Becomes the program, and kills one of its processes with SIGKILL when that enters its nth system
/// call, which is then not made. The victim `self` is the process of the program itself, whose
/// calls are counted from the exec on; `child` is the first process that it forks. If N is 0, the
/// calls are only counted. The other processes run freely.
///
/// The tracer is a separate process outside the session of the program, so the program has the pid
/// and the parent that it would have without it. The tracer writes one line to REPORT, which is
/// complete once it has a line end: `killed N NUMBER`, with the number of the system call, before
/// it kills, or `ended N` if the victim has ended by itself at its nth call.
namespace {

constexpr int cannot_start = 127;
constexpr int not_traced = 77;

/// The bit that the kernel adds to SIGTRAP at a stop for a system call.
constexpr int system_call_stop = SIGTRAP | 0x80;

struct Order {
    bool first_child;
    std::uint64_t nth;
    std::string report;
};

/// Traces the victim, which is the program or its first child, until it has ended.
class Tracer {
  public:
    Tracer(Order order, pid_t program) : order_{std::move(order)}, program_{program} {}

    /// Begins to trace the program.
    /// @return false if the program may not be traced
    [[nodiscard]] bool seize() const {
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL |
                             (order_.first_child ? PTRACE_O_TRACEFORK : 0);
        return ::ptrace(PTRACE_SEIZE, program_, nullptr, options) == 0;
    }

    void run() {
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0;) {
            if (WIFSTOPPED(status)) {
                stopped(pid, WSTOPSIG(status), status >> 16);
            } else if (!killed_) {
                say("ended " + std::to_string(calls_));
            }
        }
    }

  private:
    void stopped(pid_t pid, int signal, int event) {
        if (event == PTRACE_EVENT_FORK) {
            // The first stop of the child comes before or after this one.
            ::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
            return;
        }
        if (order_.first_child ? pid != program_ : event == PTRACE_EVENT_EXEC) victim_ = pid;
        if (signal == system_call_stop) {
            if (is_entry(pid)) called(pid);
            return resume(pid, 0);
        }
        // A signal that was sent to the victim is passed on. Stops that tracing causes are not.
        resume(pid, event == 0 ? signal : 0);
    }

    static bool is_entry(pid_t pid) {
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
        return info.op == PTRACE_SYSCALL_INFO_ENTRY;
    }

    void called(pid_t pid) {
        if (++calls_ != order_.nth) return;
        __ptrace_syscall_info info{};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
        say("killed " + std::to_string(calls_) + " " + std::to_string(info.entry.nr));
        killed_ = true;
        ::kill(pid, SIGKILL);
    }

    void resume(pid_t pid, int signal) const {
        const auto how = pid == victim_ ? PTRACE_SYSCALL : PTRACE_CONT;
        ::ptrace(how, pid, nullptr, static_cast<long>(signal));
    }

    void say(const std::string& line) const { std::ofstream{order_.report} << line << std::endl; }

    Order order_;
    pid_t program_;
    pid_t victim_ = 0;  ///< 0 if it does not exist yet
    std::uint64_t calls_ = 0;
    bool killed_ = false;
};

/// Starts the tracer as a process for which no process waits, so neither the program nor its parent
/// has another child.
[[noreturn]] void trace(const Order& order, pid_t program, int ready) {
    ::setsid();
    Tracer tracer{order, program};
    const bool is_traced = tracer.seize();
    const char answer = is_traced ? 'y' : 'n';
    if (::write(ready, &answer, 1) != 1 || !is_traced) std::_Exit(not_traced);
    ::close(ready);
    tracer.run();
    std::_Exit(EXIT_SUCCESS);
}

/// Starts the tracer, and lets it trace this process.
/// @return true if this process is traced
bool get_traced(const Order& order) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error{"cannot create a pipe"};
    const pid_t program = ::getpid();
    // Some systems let only a parent trace a process, unless the process allows it.
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    const pid_t between = ::fork();
    if (between == 0) {
        ::close(ends[0]);
        if (::fork() == 0) trace(order, program, ends[1]);
        std::_Exit(EXIT_SUCCESS);
    }
    ::waitpid(between, nullptr, 0);
    ::close(ends[1]);
    char answer = 'n';
    const bool is_traced = ::read(ends[0], &answer, 1) == 1 && answer == 'y';
    ::close(ends[0]);
    return is_traced;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::cerr << "usage: kill_at_call self|child N REPORT PROGRAM [ARGUMENTS]\n";
        return cannot_start;
    }
    try {
        const Order order{std::string_view{argv[1]} == "child", std::strtoull(argv[2], nullptr, 10),
                          argv[3]};
        if (!get_traced(order)) return not_traced;
        ::execv(argv[4], argv + 4);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
    }
    return cannot_start;
}
