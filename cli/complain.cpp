#include "cli/complain.hpp"

#include "wire/utf8.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace belfry::cli {

void complain(std::string_view program, std::string_view text) noexcept {
    std::string line{program};
    line += ": ";
    wire::append_safely(line, text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    line += '\n';
    // Where standard error cannot be written there is nobody to tell.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace belfry::cli
