#include "terminal/warnings.hpp"

#include "cli/standard_streams.hpp"

#include <unistd.h>

#include <utility>

namespace belfry::terminal {
namespace {

std::function<void(std::string_view)>& current() {
    static std::function<void(std::string_view)> listener;
    return listener;
}

}  // namespace

void warn(std::string_view text) {
    const auto& listener = current();
    if (listener) listener(text);
    if (!listener || ::isatty(STDERR_FILENO) == 0) cli::warn("belfry", text);
}

void redirect_warnings(std::function<void(std::string_view text)> listener) {
    current() = std::move(listener);
}

}  // namespace belfry::terminal
