#pragma once

#include <stdexcept>
#include <string>

namespace belfry::test {

/// What a helper throws where the world is not as the test needs it. GoogleTest reports it as
/// the failure of the running test, and destructors clean up on its way.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The server, or the way to it, is gone.
class Disconnected : public Failure {
  public:
    using Failure::Failure;
};

/// A Failure that names what errno says.
[[nodiscard]] Failure system_failure(const std::string& what);

}  // namespace belfry::test
