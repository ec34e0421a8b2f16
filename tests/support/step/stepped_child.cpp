#include "tests/support/step/stepped_child.hpp"

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

constexpr std::size_t offset_of_next = offsetof(struct user, regs.rip);

constexpr long int3 = 0xcc;
constexpr long one_byte = 0xff;

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

/// An `int3` in place of an instruction, in the child's own copy of the code. Debug registers are
/// not used, because some virtual machines accept them but never stop there.
class Breakpoint {
  public:
    Breakpoint(pid_t pid, std::uint64_t address)
        : pid_{pid}, address_{address}, code_{::ptrace(PTRACE_PEEKTEXT, pid, address, nullptr)} {
        if (!write((code_ & ~one_byte) | int3)) throw system_failure("ptrace");
    }
    Breakpoint(const Breakpoint&) = delete;
    Breakpoint& operator=(const Breakpoint&) = delete;
    ~Breakpoint() { [[maybe_unused]] const bool still_there = write(code_); }

  private:
    [[nodiscard]] bool write(long code) const noexcept {
        return ::ptrace(PTRACE_POKETEXT, pid_, address_, code) == 0;
    }

    pid_t pid_;
    std::uint64_t address_;
    long code_;
};

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
    ::kill(pid, SIGKILL);
    wait_for(pid);
    return true;
}

std::uint64_t SteppedChild::next() const {
    return static_cast<std::uint64_t>(::ptrace(PTRACE_PEEKUSER, pid_, offset_of_next, nullptr));
}

void SteppedChild::set_next(std::uint64_t address) const {
    if (::ptrace(PTRACE_POKEUSER, pid_, offset_of_next, address) == -1) {
        throw system_failure("ptrace");
    }
}

bool SteppedChild::step() {
    return resume(PTRACE_SINGLESTEP);
}

bool SteppedChild::run_to(std::uint64_t address, std::uint64_t times) {
    while (arrive_at(address)) {
        if (--times == 0) return true;
        if (!step()) return false;
    }
    return false;
}

bool SteppedChild::arrive_at(std::uint64_t address) {
    const Breakpoint breakpoint{pid_, address};
    if (!resume(PTRACE_CONT) || next() != address + 1) return false;
    set_next(address);
    return true;
}

std::uint64_t SteppedChild::run_to_end() {
    if (!resume(PTRACE_CONT)) throw Failure{"the stepped operation ended its process"};
    return next() - 1;
}

/// Continues the child until its next stop.
/// @return false if the child has ended
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
