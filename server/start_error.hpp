#pragma once

#include <stdexcept>

namespace belfry::server {

/// The server cannot start, or cannot stop cleanly. The message is one clear line that names the
/// reason, and belfryd exits with status 1.
class StartError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace belfry::server
