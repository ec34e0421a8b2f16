#pragma once

#include "tests/support/step/operation.hpp"

#include <sched.h>
#include <sys/types.h>

#include <cstdint>

namespace belfry::test {

/// Tracer and tracee take turns: on one core a step takes a third of the time. The affinity is as
/// it was at the end.
class OneCore {
  public:
    OneCore();
    OneCore(const OneCore&) = delete;
    OneCore& operator=(const OneCore&) = delete;
    ~OneCore();

  private:
    cpu_set_t before_{};
};

/// A forked child that stands before the first instruction of an operation, and that this process
/// moves on as it likes. Killed and reaped at the latest by the destructor. Needs no more than
/// PTRACE_TRACEME. Throws Failure where the child does anything but go on.
class SteppedChild {
  public:
    explicit SteppedChild(Operation& operation);
    SteppedChild(const SteppedChild&) = delete;
    SteppedChild& operator=(const SteppedChild&) = delete;
    ~SteppedChild() { kill(); }

    /// Whether this process may trace its own children.
    [[nodiscard]] static bool is_possible();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The address of the next instruction.
    [[nodiscard]] std::uint64_t next() const;

    /// One instruction. @return false: the child has ended
    bool step();

    /// Runs until it is about to execute this instruction for the `times`th time from where it
    /// stands, the present one included. @return false: it came to the end of the operation before
    bool run_to(std::uint64_t address, std::uint64_t times);

    /// Runs to the end of the operation. @return the address of the trap that stands there
    std::uint64_t run_to_end();

    /// SIGKILL; when it returns, the kernel has let go of all that the child held.
    void kill() noexcept;

  private:
    void set_next(std::uint64_t address) const;
    bool arrive_at(std::uint64_t address);
    bool resume(int request);

    pid_t pid_;
};

}  // namespace belfry::test
