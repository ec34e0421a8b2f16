#include "client/dialer.hpp"

#include "base/endpoint.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace belfry::client {
namespace {

constexpr std::chrono::seconds time_limit{5};

void set_option(int socket, int level, int option, int value) {
    // Without an option the connection is slower or notices a loss late, but it stays correct.
    [[maybe_unused]] const int result = ::setsockopt(socket, level, option, &value, sizeof value);
}

void tune(int socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    // Without keep-alive a client that only listens would never notice that the server's machine
    // is gone.
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);   // seconds without traffic
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);  // seconds between probes
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);     // unanswered probes
}

}  // namespace

Dialer::Result Dialer::start(const ServerAddress& server, Reach reach, base::TimePoint now) {
    if (!resolve(server)) return Failed{why_};
    if (reach == Reach::this_machine) keep_loopback();
    return try_next(now);
}

Dialer::Result Dialer::go_on(base::TimePoint now) {
    const int error = error_of_attempt(now);
    if (error == EINPROGRESS) return Pending{};
    if (error == 0) return connected();
    why_ = std::strerror(error);
    return try_next(now);
}

bool Dialer::resolve(const ServerAddress& server) {
    left_.clear();
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &wanted, &found);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list{found, ::freeaddrinfo};
    if (error != 0) why_ = ::gai_strerror(error);
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        Address address{.family = at->ai_family, .bytes = {}, .length = at->ai_addrlen};
        std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
        left_.push_back(address);
    }
    std::reverse(left_.begin(), left_.end());
    return error == 0;
}

void Dialer::keep_loopback() {
    std::erase_if(left_, [](const Address& address) {
        return !base::endpoint_in(address.bytes).is_loopback();
    });
    if (left_.empty()) why_ = "a secret is sent to another machine only over TLS";
}

Dialer::Result Dialer::try_next(base::TimePoint now) {
    while (!left_.empty()) {
        const Address address = left_.back();
        left_.pop_back();
        const int error = connect_to(address);
        if (error == 0) return connected();
        deadline_ = now + time_limit;
        if (error == EINPROGRESS) return Pending{};
        why_ = std::strerror(error);
    }
    socket_ = base::UniqueFd{};
    return Failed{why_};
}

int Dialer::connect_to(const Address& address) {
    socket_ =
        base::UniqueFd{::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket_) return errno;
    // After a signal the attempt continues in the background.
    const auto* bytes = reinterpret_cast<const sockaddr*>(&address.bytes);
    if (::connect(socket_.get(), bytes, address.length) == 0) return 0;
    return errno == EINTR ? EINPROGRESS : errno;
}

// Returns EINPROGRESS while the attempt continues.
int Dialer::error_of_attempt(base::TimePoint now) const {
    pollfd ready{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) <= 0) return now < deadline_ ? EINPROGRESS : ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

base::UniqueFd Dialer::connected() {
    tune(socket_.get());
    left_.clear();
    return std::exchange(socket_, base::UniqueFd{});
}

}  // namespace belfry::client
