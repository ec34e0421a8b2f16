#pragma once

#include "tests/support/crash/findings.hpp"

#include <sys/types.h>

#include <span>
#include <string>

namespace belfry::test {

/// Something that a process does with the segment, and in which it may be killed anywhere.
class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    /// As the table in shm/README.md calls it.
    [[nodiscard]] virtual std::string name() const = 0;

    /// Brings everything to where it was before the operation.
    virtual void restore() = 0;

    /// The operation. In the child.
    virtual void run() = 0;

    /// The bytes that the operation changes for others to see. Asked after every instruction of
    /// the child. @param may_be_new the child has just made a system call
    [[nodiscard]] virtual std::span<const char> image(pid_t child, bool may_be_new) = 0;

    /// What the dead child has left, in the words of the table in shm/README.md.
    [[nodiscard]] virtual std::string state(pid_t dead) = 0;

    /// Goes on behind a child that died in the operation, does it again, and looks whether all
    /// is well.
    virtual void survive(pid_t dead, Findings& findings) = 0;
};

}  // namespace belfry::test
