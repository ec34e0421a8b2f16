#include "tests/support/failure.hpp"

#include <cerrno>
#include <system_error>

namespace belfry::test {

Failure system_failure(const std::string& what) {
    return Failure(what + ": " + std::generic_category().message(errno));
}

}  // namespace belfry::test
