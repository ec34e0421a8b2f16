#pragma once

#include "base/unique_fd.hpp"

#include <string>
#include <string_view>

namespace belfry::test {

/// A terminal within the test program, for what asks for a descriptor alone; see Terminal for
/// programs.
class Pty {
  public:
    /// @throws Failure
    Pty();

    /// Where a program reads and writes.
    [[nodiscard]] int program() const { return program_.get(); }

    /// What the program has written and nobody has read, up to the first `end`. @throws Failure
    /// where that does not come in time
    [[nodiscard]] std::string read_until(std::string_view end) const;

  private:
    base::UniqueFd person_;
    base::UniqueFd program_;
};

/// A descriptor of the test program that is another one for a while.
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
