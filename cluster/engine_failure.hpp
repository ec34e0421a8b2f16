#pragma once

#include "cluster/engine.hpp"

#include <stdexcept>
#include <string>
#include <utility>

/// What the program does when the engine fails.
namespace belfry::cluster {

/// Returns one line for people about a failure that somebody has to mend: what the engine has said,
/// and what to do.
[[nodiscard]] std::string line_for(const EngineFailure& failure);

/// The engine does not answer a command, or refuses to. The message is one line.
class EngineUnavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Returns the value of an answer. @throws EngineUnavailable
template <class T>
[[nodiscard]] T value_of(Answer<T> answer) {
    if (!answer) throw EngineUnavailable{answer.failure().text};
    return std::move(*answer);
}

}  // namespace belfry::cluster
