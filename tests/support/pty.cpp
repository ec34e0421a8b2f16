#include "tests/support/pty.hpp"

#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

namespace belfry::test {

Pty::Pty() : person_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    if (::grantpt(person_.get()) == 0 && ::unlockpt(person_.get()) == 0) {
        program_ = base::UniqueFd{::open(::ptsname(person_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    }
    if (!program_) throw Failure("cannot open a pseudo terminal");
}

std::string Pty::read_until(std::string_view end) const {
    const Deadline deadline{default_wait};
    std::string text;
    while (!text.ends_with(end)) {
        char next{};
        pollfd ready{.fd = person_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, deadline.remaining_ms()) <= 0 ||
            ::read(person_.get(), &next, 1) != 1) {
            throw Failure("not written to the terminal: " + std::string{end} + ", but: " + text);
        }
        text += next;
    }
    return text;
}

}  // namespace belfry::test
