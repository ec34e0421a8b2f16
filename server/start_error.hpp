#pragma once

#include <stdexcept>

namespace belfry::server {

/// The server cannot start, or not end as it should: the message is one clear line that names what
/// is in the way. Ends belfryd with exit 1.
class StartError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace belfry::server
