#include "server/service_manager.hpp"

#include "server/report.hpp"
#include "shm/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace belfry::server {
namespace {

constexpr const char* variable = "NOTIFY_SOCKET";

/// @return 0, or the errno that says why not
int send_to(std::string_view name, std::string_view datagram) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());

    const shm::UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return errno;
    // A manager that reads nothing must not keep the server from its work.
    const ssize_t sent =
        ::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
    return sent == -1 ? errno : 0;
}

}  // namespace

ServiceManager::ServiceManager() {
    const char* const address = std::getenv(variable);
    if (address == nullptr) return;
    address_ = address;
    ::unsetenv(variable);
}

void ServiceManager::ready(std::string_view status) const {
    tell("READY=1\nSTATUS=" + std::string{status});
}

void ServiceManager::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::stopping() const {
    tell("STOPPING=1\nSTATUS=ending all sessions, storing what is left");
}

void ServiceManager::tell(std::string_view assignments) const {
    if (address_.empty()) return;
    const int error = send_to(address_, assignments);
    if (error == 0) return;
    report(LogLevel::warning,
           "cannot tell the service manager at " + address_ + ": " + std::strerror(error));
}

}  // namespace belfry::server
