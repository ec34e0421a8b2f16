#pragma once

#include "tests/support/step/operation.hpp"

#include <sched.h>
#include <sys/types.h>

#include <cstdint>

namespace belfry::test {

/// Binds this process and its children to one core while the object exists. Since tracer and tracee
/// take turns, a step then takes a third of the time.
class OneCore {
  public:
    OneCore();
    OneCore(const OneCore&) = delete;
    OneCore& operator=(const OneCore&) = delete;
    ~OneCore();

  private:
    cpu_set_t before_{};
};

/// A forked child that is stopped before the first instruction of an operation, and that this
/// process moves forward. The destructor kills and reaps it. It needs only PTRACE_TRACEME.
/// Functions throw Failure if the child does anything unexpected.
class SteppedChild {
  public:
    explicit SteppedChild(Operation& operation);
    SteppedChild(const SteppedChild&) = delete;
    SteppedChild& operator=(const SteppedChild&) = delete;
    ~SteppedChild() { kill(); }

    /// True if this process may trace its own children.
    [[nodiscard]] static bool is_possible();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Returns the address of the next instruction.
    [[nodiscard]] std::uint64_t next() const;

    /// Executes one instruction.
    /// @return false if the child has ended
    bool step();

    /// Runs until the child is about to execute the instruction at `address` for the `times`th
    /// time, the current instruction included.
    /// @return false if the operation ends before
    bool run_to(std::uint64_t address, std::uint64_t times);

    /// Runs to the end of the operation.
    /// @return the address of the trap at the end
    std::uint64_t run_to_end();

    /// Kills and reaps the child. When it returns, the kernel has released everything that the
    /// child held.
    void kill() noexcept;

  private:
    void set_next(std::uint64_t address) const;
    bool arrive_at(std::uint64_t address);
    bool resume(int request);

    pid_t pid_;
};

}  // namespace belfry::test
