#include "server/service_manager.hpp"

#include "daemon/logger.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace belfry::server {
namespace {

/// Removes a variable from the environment and returns its value, or an empty text.
std::string take_variable(const char* name) {
    const char* const value = std::getenv(name);
    std::string taken{value != nullptr ? value : ""};
    ::unsetenv(name);
    return taken;
}

/// Returns nothing if the text is not a number above 0.
std::optional<std::int64_t> positive_number(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number <= 0) return {};
    return number;
}

/// Returns half the time after which the watchdog considers this process dead, or zero if there is
/// no watchdog for it.
std::chrono::microseconds take_heartbeat_interval() {
    const auto limit = positive_number(take_variable("WATCHDOG_USEC"));
    const std::string watched = take_variable("WATCHDOG_PID");
    if (!limit || (!watched.empty() && positive_number(watched) != ::getpid())) return {};
    return std::chrono::microseconds{*limit} / 2;
}

/// Opens the socket, which stays open, so that a later lack of descriptors does not look like a
/// supervisor that hangs.
base::UniqueFd open_socket() noexcept {
    return base::UniqueFd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
}

/// @return 0, or an errno
int send_to(const base::UniqueFd& socket, std::string_view name,
            std::string_view datagram) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());

    // A service manager that does not read must not block the server.
    const ssize_t sent =
        ::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
    return sent == -1 ? errno : 0;
}

}  // namespace

ServiceManager::ServiceManager()
    : address_{take_variable("NOTIFY_SOCKET")},
      socket_{address_.empty() ? base::UniqueFd{} : open_socket()},
      heartbeat_interval_{take_heartbeat_interval()} {}

void ServiceManager::ready(std::string_view status) {
    tell("READY=1\nSTATUS=" + std::string{status});
}

void ServiceManager::reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::stopping() {
    tell("STOPPING=1\nSTATUS=ending all sessions and storing the remaining messages");
}

std::chrono::milliseconds ServiceManager::send_heartbeat() {
    using std::chrono::milliseconds;
    if (address_.empty() || heartbeat_interval_.count() == 0) return milliseconds::max();
    const auto now = Clock::now();
    if (now >= next_heartbeat_) {
        tell("WATCHDOG=1");
        next_heartbeat_ = now + (failed_ ? heartbeat_interval_ / 10 : heartbeat_interval_);
    }
    return std::chrono::ceil<milliseconds>(next_heartbeat_ - now);
}

void ServiceManager::tell(std::string_view assignments) {
    if (address_.empty()) return;
    const int error = send_to(socket_, address_, assignments);
    const bool failed_before = std::exchange(failed_, error != 0);
    if (!failed_ || failed_before) return;
    log_event(LogLevel::warning,
              "cannot notify the service manager at " + address_ + ": " + std::strerror(error));
}

}  // namespace belfry::server
