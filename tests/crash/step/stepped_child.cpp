#include "tests/crash/step/stepped_child.hpp"

#include "tests/support/failure.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>

namespace belfry::test {
namespace {

constexpr int not_traced = 77;

constexpr long watch_nothing = 0;
constexpr long watch_execution_at_0 = 1;  // the local enable bit of the first debug register

[[noreturn]] void run_child(Operation& operation) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) ::_exit(not_traced);
    asm volatile("int3" ::: "memory");
    operation.run();
    asm volatile("int3" ::: "memory");
    ::_exit(0);
}

int wait_for(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR) throw system_failure("waitpid");
    }
    return status;
}

bool set_debug_register(pid_t pid, std::size_t number, std::uint64_t value) noexcept {
    const std::size_t offset = offsetof(struct user, u_debugreg) + number * sizeof(long);
    return ::ptrace(PTRACE_POKEUSER, pid, offset, value) == 0;
}

}  // namespace

OneCore::OneCore() {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t here{};
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &here);
    ::sched_setaffinity(0, sizeof here, &here);
}

OneCore::~OneCore() {
    ::sched_setaffinity(0, sizeof before_, &before_);
}

SteppedChild::SteppedChild(Operation& operation) : pid_{::fork()} {
    if (pid_ == -1) throw system_failure("fork");
    if (pid_ == 0) run_child(operation);
    const int status = wait_for(pid_);
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) return;
    if (!WIFSTOPPED(status)) pid_ = -1;
    kill();
    throw Failure{"the child cannot be traced"};
}

bool SteppedChild::is_possible() {
    const pid_t pid = ::fork();
    if (pid == -1) throw system_failure("fork");
    if (pid == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) ::raise(SIGSTOP);
        ::_exit(0);
    }
    if (!WIFSTOPPED(wait_for(pid))) return false;
    const bool possible = set_debug_register(pid, 0, 0) && set_debug_register(pid, 7, 0);
    ::kill(pid, SIGKILL);
    wait_for(pid);
    return possible;
}

std::uint64_t SteppedChild::next() const {
    const std::size_t offset = offsetof(struct user, regs.rip);
    return static_cast<std::uint64_t>(::ptrace(PTRACE_PEEKUSER, pid_, offset, nullptr));
}

bool SteppedChild::step() {
    return resume(PTRACE_SINGLESTEP);
}

bool SteppedChild::run_to(std::uint64_t address, std::uint64_t times) {
    if (!set_debug_register(pid_, 0, address) ||
        !set_debug_register(pid_, 7, watch_execution_at_0)) {
        throw Failure{"the child's debug registers cannot be set"};
    }
    bool arrived = true;
    while (arrived && times-- > 0) arrived = resume(PTRACE_CONT) && next() == address;
    if (pid_ != -1) set_debug_register(pid_, 7, watch_nothing);
    return arrived;
}

std::uint64_t SteppedChild::run_to_end() {
    if (!resume(PTRACE_CONT)) throw Failure{"the stepped operation ended its process"};
    return next() - 1;
}

/// @return false: the child has ended
bool SteppedChild::resume(int request) {
    if (::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr) == -1) {
        throw system_failure("ptrace");
    }
    const int status = wait_for(pid_);
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) return true;
    if (WIFSTOPPED(status)) {
        throw Failure{"the stepped child got signal " + std::to_string(WSTOPSIG(status))};
    }
    pid_ = -1;
    return false;
}

void SteppedChild::kill() noexcept {
    if (pid_ == -1) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace belfry::test
