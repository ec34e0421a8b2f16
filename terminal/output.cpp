#include "terminal/output.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace belfry::terminal {
namespace {

// Returns how much a write can take without waiting: PIPE_BUF for a pipe that poll() reports as
// writable, everything for a file.
std::size_t taken_at_once(int fd) {
    struct stat status {};
    const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    return is_file ? std::numeric_limits<std::size_t>::max() : PIPE_BUF;
}

}  // namespace

Output::Output(int fd) : fd_{fd}, is_terminal_{::isatty(fd) == 1}, at_once_{taken_at_once(fd)} {}

bool Output::takes_more() const {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    return ::poll(&ready, 1, 0) > 0;
}

bool Output::write() {
    while (written_ < text_.size() && takes_more()) {
        const auto length = std::min(text_.size() - written_, at_once_);
        const auto n = ::write(fd_, text_.data() + written_, length);
        if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
        written_ += n < 0 ? 0 : static_cast<std::size_t>(n);
        if (n < 0) return true;
    }
    if (written_ == text_.size()) {
        text_.clear();
        written_ = 0;
    }
    return true;
}

}  // namespace belfry::terminal
