#include "cli/standard_output.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>

namespace belfry::cli {

void finish_standard_output() {
    errno = 0;
    std::cout.flush();
    if (std::cout) return;
    // Where an earlier write failed nothing is tried any more, and nobody knows why.
    const std::string why = errno == 0 ? "" : std::string{": "} + std::strerror(errno);
    throw std::runtime_error{"cannot write standard output" + why};
}

}  // namespace belfry::cli
