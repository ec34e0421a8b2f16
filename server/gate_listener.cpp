#include "server/gate_listener.hpp"

#include "base/unix_address.hpp"
#include "daemon/epoll.hpp"
#include "daemon/logger.hpp"
#include "server/start_error.hpp"
#include "shm/data_directory.hpp"
#include "wire/proxy_header.hpp"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace belfry::server {
namespace {

namespace fs = std::filesystem;

/// A relay gives the handshake of its client 10 s, and a browser as much again until it opens its
/// WebSocket. One that takes longer than this hangs.
constexpr std::chrono::seconds header_timeout{25};

/// How many events next() handles before the supervisor looks at others.
constexpr int max_steps = 64;

/// Listens at the path. The socket replaces an earlier one in one step, after it accepts
/// connections, so that a relay never finds none.
/// @return whether that succeeded; otherwise errno says why
bool listen_at(int socket, const fs::path& path) {
    fs::path unfinished = path;
    unfinished += ".new";
    const auto address = base::UnixAddress::of(unfinished);
    // The file gets the mode of the socket, so nobody else can connect even before the rename.
    return address && (::unlink(unfinished.c_str()) == 0 || errno == ENOENT) &&
           ::fchmod(socket, S_IRUSR | S_IWUSR) == 0 &&
           ::bind(socket, address->data(), base::UnixAddress::size()) == 0 &&
           ::listen(socket, SOMAXCONN) == 0 && ::rename(unfinished.c_str(), path.c_str()) == 0;
}

bool watch(const base::UniqueFd& epoll, int socket) noexcept {
    return watch_descriptor(epoll, socket, static_cast<std::uint32_t>(socket));
}

shm::Transport transport_of(wire::ProxyTransport transport) noexcept {
    return transport == wire::ProxyTransport::web ? shm::Transport::web : shm::Transport::tls;
}

/// Returns the name with which the client may log in. A browser shows a certificate to whatever
/// page asks for it, so only the TLS port has such logins.
std::string_view certificate_name(const wire::ProxyHeader& header) noexcept {
    if (header.transport != wire::ProxyTransport::tls || !header.tls) return {};
    return header.tls->common_name;
}

/// Tells whether nobody on a network could read what the client sends. A connection without TLS
/// that ends at a loopback address has not left this machine. If its client is on another one, a
/// reverse proxy has forwarded it, which has to speak TLS with that client.
bool is_confidential(const wire::ProxyHeader& header) noexcept {
    if (header.tls || header.local.is_loopback()) return true;
    // A client without a port was named by a reverse proxy, and the proxy may be far away.
    if (header.peer.port == 0) return false;
    return header.peer.is_loopback() ||
           (header.peer.is_known() && header.peer.address == header.local.address);
}

/// Removes bytes that have arrived from the input.
bool discard(int socket, std::size_t count) noexcept {
    std::array<char, wire::max_proxy_header> waste;
    return ::recv(socket, waste.data(), count, MSG_DONTWAIT) == static_cast<ssize_t>(count);
}

/// Reads the header into `bytes`. It must have arrived completely.
std::optional<RelayedConnection> read_header(base::UniqueFd socket,
                                             std::array<char, wire::max_proxy_header>& bytes) {
    const ssize_t count = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (count <= 0) return {};  // the relay has ended, because its client has
    const auto arrived = static_cast<std::size_t>(count);
    const auto step = wire::parse_proxy_header({bytes.data(), arrived});
    if (!discard(socket.get(), step ? step->consumed : arrived)) return {};
    if (!step) {
        log_event(LogLevel::debug, "closed a connection to gate.sock: it has no PROXY header");
        return {};
    }
    const wire::ProxyHeader& header = step->header;
    return RelayedConnection{
        .socket = std::move(socket),
        .peer = {.endpoint = header.peer, .transport = transport_of(header.transport)},
        .certificate_name = std::string{certificate_name(header)},
        .is_confidential = is_confidential(header)};
}

/// Reads the header, and none of the bytes after it. It has seen some of them, which may be the
/// secret of the client, so it overwrites them.
std::optional<RelayedConnection> read_header(base::UniqueFd socket) {
    std::array<char, wire::max_proxy_header> bytes;
    auto connection = read_header(std::move(socket), bytes);
    ::explicit_bzero(bytes.data(), bytes.size());
    return connection;
}

}  // namespace

GateListener::GateListener(const fs::path& data_dir)
    : path_{shm::gate_socket(data_dir)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
    if (!epoll_ || !socket_ || !listen_at(socket_.get(), path_) || !watch(epoll_, socket_.get())) {
        const std::string why = std::strerror(errno);
        throw StartError{"cannot listen on " + path_.string() + ": " + why};
    }
    file_.emplace(path_);
}

GateListener::~GateListener() {
    if (file_ && file_->is_in_place()) ::unlink(path_.c_str());
}

std::optional<RelayedConnection> GateListener::next() {
    for (int step = 0; step < max_steps; ++step) {
        epoll_event event{};
        if (::epoll_wait(epoll_.get(), &event, 1, 0) != 1) break;
        const auto ready = static_cast<int>(event.data.u64);
        if (ready == socket_.get()) {
            if (!accept()) return {};
        } else if (auto connection = read_header(take(ready))) {
            return connection;
        }
    }
    errno = EAGAIN;
    return {};
}

/// Accepts a connection, which then waits. The oldest one that waits has to go if there are too
/// many.
bool GateListener::accept() {
    base::UniqueFd socket = accept_next();
    if (!socket || !watch(epoll_, socket.get())) return false;
    if (waiting_.size() == max_waiting) take(waiting_.front().socket.get()).reset();
    waiting_.push_back({std::move(socket), Clock::now() + header_timeout});
    return true;
}

/// Removes a connection from those that wait.
base::UniqueFd GateListener::take(int socket) noexcept {
    const auto found = std::ranges::find(
        waiting_, socket, [](const Waiting& waiting) { return waiting.socket.get(); });
    if (found == waiting_.end()) return {};
    unwatch_descriptor(epoll_, socket);
    base::UniqueFd taken = std::move(found->socket);
    waiting_.erase(found);
    return taken;
}

base::UniqueFd GateListener::accept_next() const noexcept {
    return base::UniqueFd{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

void GateListener::sweep() noexcept {
    const auto now = Clock::now();
    while (!waiting_.empty() && now >= waiting_.front().deadline) {
        take(waiting_.front().socket.get()).reset();
    }
}

void GateListener::close() noexcept {
    while (!waiting_.empty()) take(waiting_.front().socket.get()).reset();
    socket_.reset();
}

}  // namespace belfry::server
