#pragma once

#include "base/unique_fd.hpp"

#include <string>
#include <string_view>

namespace belfry::test {

/// A pseudo terminal within the test program, for code that needs only a descriptor. For whole
/// programs see Terminal.
class Pty {
  public:
    /// Opens the terminal.
    /// @throws Failure
    Pty();

    /// Returns the descriptor that a program reads and writes.
    [[nodiscard]] int program() const { return program_.get(); }

    /// Reads what the program has written, up to the first `end`.
    /// @throws Failure if `end` does not come in time
    [[nodiscard]] std::string read_until(std::string_view end) const;

  private:
    base::UniqueFd person_;
    base::UniqueFd program_;
};

/// Redirects a descriptor of the test program to another one while the object exists.
class Redirected {
  public:
    Redirected(int number, int other) : number_{number}, before_{::dup(number)} {
        ::dup2(other, number);
    }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;
    ~Redirected() { ::dup2(before_.get(), number_); }

  private:
    int number_;
    base::UniqueFd before_;
};

}  // namespace belfry::test
