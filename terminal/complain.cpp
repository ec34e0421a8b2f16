#include "terminal/complain.hpp"

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

void complain(std::string_view text) {
    const auto& listener = current();
    if (listener) listener(text);
    if (!listener || ::isatty(STDERR_FILENO) == 0) cli::complain("belfry", text);
}

void complain_to(std::function<void(std::string_view text)> listener) {
    current() = std::move(listener);
}

}  // namespace belfry::terminal
