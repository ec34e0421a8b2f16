#pragma once

#include <stdexcept>

namespace belfry::ctl {

/// Thrown if a command cannot be carried out. The message says why, in one line for the user.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace belfry::ctl
