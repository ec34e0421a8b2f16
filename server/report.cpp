#include "server/report.hpp"

#include <unistd.h>

#include <string>

namespace belfry::server {

void report(std::string_view event) noexcept {
    const std::string line = "belfryd: " + std::string{event} + '\n';
    // A standard error that is gone is no reason to stop.
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace belfry::server
