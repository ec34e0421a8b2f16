#include "tests/support/injected_calls.hpp"

#include "tests/support/failure.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <string>

namespace belfry::test {
namespace {

/// A `syscall` instruction. The thread has just executed one, in front of its next instruction.
constexpr std::uint64_t instruction_bytes = 2;
constexpr long instruction = 0x050f;

/// By the calling convention a function may use this many bytes below the stack pointer.
constexpr std::uint64_t red_zone = 128;

constexpr std::uint64_t not_restarted = ~0ULL;

void require(long result, const char* what) {
    if (result == -1) throw system_failure(what);
}

}  // namespace

InjectedCalls::InjectedCalls(pid_t pid) : pid_{pid} {
    require(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr), "ptrace");
    require(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr), "ptrace");
    wait_for_stop();
    require(::ptrace(PTRACE_GETREGS, pid, nullptr, &registers_), "ptrace");
    free_stack_ = registers_.rsp - red_zone;
    const long code = ::ptrace(PTRACE_PEEKTEXT, pid, registers_.rip - instruction_bytes, nullptr);
    if ((code & 0xffff) != instruction) throw Failure{"the process waits in no system call"};
}

InjectedCalls::~InjectedCalls() {
    ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers_);
    ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
}

long InjectedCalls::call(long number, std::initializer_list<std::uint64_t> arguments) {
    std::array<std::uint64_t, 6> values{};
    std::ranges::copy(arguments, values.begin());
    user_regs_struct registers = registers_;
    registers.rip -= instruction_bytes;
    registers.rax = static_cast<std::uint64_t>(number);
    registers.orig_rax = not_restarted;
    registers.rdi = values[0];
    registers.rsi = values[1];
    registers.rdx = values[2];
    registers.r10 = values[3];
    registers.r8 = values[4];
    registers.r9 = values[5];
    registers.rsp = free_stack_ & ~15ULL;
    require(::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers), "ptrace");
    require(::ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr), "ptrace");
    wait_for_stop();
    require(::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers), "ptrace");
    return static_cast<long>(registers.rax);
}

std::uint64_t InjectedCalls::copy(std::string_view bytes) {
    std::string text{bytes};
    free_stack_ -= text.size() + 1;
    const iovec ours{text.data(), text.size() + 1};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the other process
    const iovec theirs{reinterpret_cast<void*>(free_stack_), text.size() + 1};
    require(::process_vm_writev(pid_, &ours, 1, &theirs, 1, 0), "process_vm_writev");
    return free_stack_;
}

void InjectedCalls::wait_for_stop() const {
    int status = 0;
    require(::waitpid(pid_, &status, __WALL), "waitpid");
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
        throw Failure{"the traced process does not stop: " + std::to_string(status)};
    }
}

}  // namespace belfry::test
