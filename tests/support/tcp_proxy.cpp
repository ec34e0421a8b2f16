#include "tests/support/tcp_proxy.hpp"

#include "tests/support/failure.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace belfry::test {
namespace {

/// Moves what it can without waiting. @return false: one of the ends has ended
bool move_bytes(TcpConnection& from, TcpConnection& to, std::string& waiting) {
    if (waiting.empty()) {
        std::array<char, 65536> buffer;
        const ssize_t count = from.receive(buffer.data(), buffer.size());
        if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
        waiting.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    }
    if (waiting.empty()) return true;
    const ssize_t count = to.send(waiting);
    if (count < 0 && errno != EAGAIN) return false;
    waiting.erase(0, static_cast<std::size_t>(std::max<ssize_t>(0, count)));
    return true;
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t behind, const std::string& address)
    : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)},
      bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      behind_{behind} {
    sockaddr_in listening = socket_address(address, 0);
    socklen_t length = sizeof listening;
    auto* bytes = reinterpret_cast<sockaddr*>(&listening);
    const bool listens = ::bind(listener_.get(), bytes, length) == 0 &&
                         ::listen(listener_.get(), SOMAXCONN) == 0 &&
                         ::getsockname(listener_.get(), bytes, &length) == 0;
    if (!listens) throw system_failure("listening for a proxy");
    port_ = ntohs(listening.sin_port);
    thread_ = std::thread{[this] { run(); }};
}

TcpProxy::~TcpProxy() {
    {
        const std::lock_guard lock{mutex_};
        is_ending_ = true;
    }
    wake();
    thread_.join();
}

void TcpProxy::hold() {
    const std::lock_guard lock{mutex_};
    holds_ = true;
    wake();
}

void TcpProxy::pass() {
    const std::lock_guard lock{mutex_};
    holds_ = false;
    wake();
}

void TcpProxy::cut() {
    const std::lock_guard lock{mutex_};
    for (Connection& connection : connections_) {
        connection.client->reset();
        if (connection.server) connection.server->reset();
    }
    connections_.clear();
    wake();
}

void TcpProxy::leave_half_open() {
    const std::lock_guard lock{mutex_};
    for (Connection& connection : connections_) {
        if (connection.server) connection.server->reset();
        connection.server.reset();
    }
    wake();
}

void TcpProxy::wake() const {
    static_cast<void>(::eventfd_write(bell_.get(), 1));
}

void TcpProxy::run() {
    for (;;) {
        std::vector<pollfd> ready;
        {
            const std::lock_guard lock{mutex_};
            if (is_ending_) return;
            ready = awaited();
        }
        ::poll(ready.data(), ready.size(), -1);
        eventfd_t rings = 0;
        static_cast<void>(::eventfd_read(bell_.get(), &rings));
        const std::lock_guard lock{mutex_};
        if (holds_) continue;
        accept();
        forward();
    }
}

/// Returns what the thread waits for. While it holds, that is an order alone.
std::vector<pollfd> TcpProxy::awaited() const {
    std::vector<pollfd> all{{bell_.get(), POLLIN, 0}};
    if (holds_) return all;
    const auto add = [&](int fd, bool is_read, bool is_written) {
        const int events = (is_read ? POLLIN : 0) | (is_written ? POLLOUT : 0);
        if (events != 0) all.push_back({fd, static_cast<short>(events), 0});
    };
    add(listener_.get(), true, false);
    for (const Connection& connection : connections_) {
        if (!connection.server) continue;
        const bool is_for_server = !connection.to_server.empty();
        const bool is_for_client = !connection.to_client.empty();
        add(connection.client->fd(), !is_for_server, is_for_client);
        add(connection.server->fd(), !is_for_client, is_for_server);
    }
    return all;
}

/// Takes all connections that wait. Those that cannot reach the server are closed.
void TcpProxy::accept() {
    for (;;) {
        base::UniqueFd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!client) return;
        const int on = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        try {
            auto server = std::make_unique<TcpConnection>(behind_);
            connections_.push_back(
                {std::make_unique<TcpConnection>(std::move(client)), std::move(server)});
        } catch (const Disconnected&) {
            // The server does not run. The client notices it by the end of its connection.
        }
    }
}

void TcpProxy::forward() {
    std::erase_if(connections_, [](Connection& connection) {
        return connection.server &&
               (!move_bytes(*connection.client, *connection.server, connection.to_server) ||
                !move_bytes(*connection.server, *connection.client, connection.to_client));
    });
}

}  // namespace belfry::test
