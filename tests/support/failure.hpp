#pragma once

#include <stdexcept>
#include <string>

namespace belfry::test {

/// Thrown by a helper when something is not as the test expects it. GoogleTest reports it as a
/// failure of the running test, and destructors clean up.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Thrown when the server has closed the connection or cannot be reached.
class Disconnected : public Failure {
  public:
    using Failure::Failure;
};

/// Returns a Failure with the text of errno.
[[nodiscard]] Failure system_failure(const std::string& what);

}  // namespace belfry::test
