#pragma once

#include <stdexcept>

namespace belfry::ctl {

/// It was not done: the message says why in one line.
class Refusal : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace belfry::ctl
