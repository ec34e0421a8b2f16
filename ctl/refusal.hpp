#pragma once

#include <stdexcept>

namespace belfry::ctl {

/// The reason why a command was not carried out. The message is one line for the user.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace belfry::ctl
