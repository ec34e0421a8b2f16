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
    // If standard error cannot be written, nothing else can be done.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void finish_standard_output() {
    errno = 0;
    std::cout.flush();
    if (std::cout) return;
    // After an earlier write failed, flush() tries nothing, so the reason is unknown.
    const std::string why = errno == 0 ? "" : std::string{": "} + std::strerror(errno);
    throw std::runtime_error{"cannot write standard output" + why};
}

}  // namespace belfry::cli
