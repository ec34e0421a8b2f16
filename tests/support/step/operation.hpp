#pragma once

#include "tests/support/crash/findings.hpp"

#include <sys/types.h>

#include <span>
#include <string>

namespace belfry::test {

/// An operation of a process on the segment, during which the process may be killed at any
/// instruction.
class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    /// Returns the name of the operation in the table in shm/README.md.
    [[nodiscard]] virtual std::string name() const = 0;

    /// Restores everything to the state before the operation.
    virtual void restore() = 0;

    /// Performs the operation. Called in the child.
    virtual void run() = 0;

    /// Returns the bytes through which others see the effects of the operation. Called after every
    /// instruction of the child.
    /// @param may_be_new true if the child has just made a system call
    [[nodiscard]] virtual std::span<const char> image(pid_t child, bool may_be_new) = 0;

    /// Returns what the dead child has left, in the words of the table in shm/README.md.
    [[nodiscard]] virtual std::string state(pid_t dead) = 0;

    /// Continues after a child that died in the operation, repeats the operation, and checks the
    /// result.
    virtual void survive(pid_t dead, Findings& findings) = 0;
};

}  // namespace belfry::test
