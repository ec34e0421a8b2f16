#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace belfry::test {

/// What a survivor found wrong.
struct Findings {
    std::uint64_t stuck = 0;    ///< the lock cannot be had
    std::uint64_t torn = 0;     ///< an invariant is broken, or a part is there without the rest
    std::uint64_t lost = 0;     ///< what was committed is not there
    std::uint64_t doubled = 0;  ///< something is there twice
    std::uint64_t not_done_again = 0;  ///< the operation does not succeed any more
    std::vector<std::string> sentences;

    void require(bool holds, std::uint64_t Findings::*kind, const std::string& sentence) {
        if (holds) return;
        ++(this->*kind);
        sentences.push_back(sentence);
    }
};

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
