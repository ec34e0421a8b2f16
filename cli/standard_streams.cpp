#include "cli/standard_streams.hpp"

#include "base/utf8.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>

namespace belfry::cli {

void warn(std::string_view program, std::string_view text) noexcept {
    std::string line{program};
    line += ": ";
    base::append_sanitized(line, text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    line += '\n';
    // Where standard error cannot be written there is nobody to tell.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void finish_standard_output() {
    errno = 0;
    std::cout.flush();
    if (std::cout) return;
    // Where an earlier write failed nothing is tried any more, and nobody knows why.
    const std::string why = errno == 0 ? "" : std::string{": "} + std::strerror(errno);
    throw std::runtime_error{"cannot write standard output" + why};
}

}  // namespace belfry::cli
