#include "gate/supervisor_link.hpp"

#include "base/utf8.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace belfry::gate {

void SupervisorLink::report_ready(std::time_t expires) const noexcept {
    report("ready", std::to_string(expires));
}

void SupervisorLink::report_error(std::string_view text) const noexcept {
    report("error", text);
}

void SupervisorLink::report_kept(std::string_view text) const noexcept {
    report("kept", text);
}

bool SupervisorLink::has_ended() const noexcept {
    char byte = 0;
    const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
    return count == 0 || (count == -1 && errno != EAGAIN && errno != EINTR);
}

/// A supervisor that takes no report has ended or is stopped, and needs none.
void SupervisorLink::report(std::string_view word, std::string_view text) const noexcept {
    std::string line{word};
    base::append_sanitized(line.append(" "), text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    line.append("\n");
    [[maybe_unused]] const ssize_t sent =
        ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace belfry::gate
