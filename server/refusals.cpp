#include "server/refusals.hpp"

#include "wire/print.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

namespace belfry::server {
namespace {

constexpr std::chrono::seconds timeout{1};

/// Limit of connections that are kept. The oldest one is closed for a further one.
constexpr std::size_t max_refused = 16;

/// Discards some of the input and tells whether the client has closed. It reads only once, since a
/// client that sends fast would otherwise keep the supervisor busy.
bool client_has_closed(int socket) noexcept {
    std::array<char, 16384> waste;
    const ssize_t count = ::recv(socket, waste.data(), waste.size(), MSG_DONTWAIT);
    return count == 0 || (count == -1 && errno != EAGAIN);
}

}  // namespace

void Refusals::refuse(base::UniqueFd socket) noexcept {
    std::string line;
    wire::print_error(line, wire::ErrorCode::too_many_clients);
    ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket.get(), SHUT_WR);
    if (refused_.size() == max_refused) refused_.pop_front();
    refused_.push_back({std::move(socket), Clock::now() + timeout});
}

void Refusals::sweep() noexcept {
    const auto now = Clock::now();
    std::erase_if(refused_, [now](const Refused& refused) {
        return now >= refused.deadline || client_has_closed(refused.socket.get());
    });
}

}  // namespace belfry::server
