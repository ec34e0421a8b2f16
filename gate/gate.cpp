#include "gate/gate.hpp"

#include "admission/first_byte.hpp"
#include "base/process.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/epoll.hpp"
#include "sandbox/sandbox.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace belfry::gate {
namespace {

using admission::Waiting;
using std::chrono::milliseconds;

constexpr std::chrono::seconds first_byte_timeout{10};
constexpr milliseconds tick{20};         ///< how often things are tried again
constexpr milliseconds idle_wait{1000};  ///< the longest wait

/// How many connections are accepted before other events are looked at.
constexpr int max_accepts = 64;

/// How many connections wait for a token, and how long. The others are closed.
constexpr std::size_t max_postponed = 1024;
constexpr std::chrono::seconds max_postponement{3};

/// Of all descriptors, one in so many is for other connections than those that wait for their first
/// byte. Otherwise silent connections could use up all of them.
constexpr std::size_t descriptors_per_other = 8;

admission::WaitingLimits limits_for(std::size_t max_waiting) {
    const std::size_t descriptors = base::raise_descriptor_limit();
    const std::size_t total =
        std::min(max_waiting, descriptors - descriptors / descriptors_per_other);
    return admission::waiting_limits(total, first_byte_timeout);
}

/// @return false with errno if the system is short of memory
bool watch(const base::UniqueFd& epoll, int fd) noexcept {
    return watch_descriptor(epoll, fd, static_cast<std::uint32_t>(fd));
}

/// Takes over a listening socket, if there is one. accept(2) must not wait there.
base::UniqueFd take_listener(int fd) {
    if (fd == -1) return {};
    base::UniqueFd listener{fd};
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        throw std::system_error{errno, std::generic_category(), "listening socket"};
    }
    return listener;
}

/// Returns what the gate reads after it has entered its sandbox.
std::vector<std::filesystem::path> readable(const std::optional<CredentialFiles>& files) {
    std::vector<std::filesystem::path> paths{null_device};
    const auto add = [&paths](const std::filesystem::path& file) {
        const auto folders = sandbox::folders_of(file);
        paths.insert(paths.end(), folders.begin(), folders.end());
    };
    if (!files) return paths;
    add(files->certificate);
    add(files->key);
    if (files->client_authorities) add(*files->client_authorities);
    if (files->client_revocations) add(*files->client_revocations);
    return paths;
}

std::optional<Credentials> load(const std::optional<CredentialFiles>& files) {
    if (!files) return {};
    return std::optional<Credentials>{std::in_place, *files};
}

}  // namespace

Gate::Gate(const Options& options, const SupervisorLink& supervisor)
    : files_{options.files},
      web_{options.web},
      supervisor_{&supervisor},
      credentials_{load(files_)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      tls_listener_{take_listener(options.tls_fd)},
      web_listener_{take_listener(options.web_fd)},
      reserve_{open_reserve()},
      relays_{options.gate_socket},
      room_{limits_for(options.max_waiting)} {
    std::vector<int> watched = listeners();
    watched.insert(watched.end(), {signals_.fd(), supervisor.fd(), relays_.fd()});
    for (const int fd : watched) {
        if (!watch(epoll_, fd)) {
            throw std::system_error{errno, std::generic_category(), "cannot watch a descriptor"};
        }
    }
    sandbox::Sandbox{sandbox::ProcessKind::gate, readable(files_)}.enter();
}

void Gate::run() {
    ::malloc_trim(0);  // so that relays inherit less
    report_ready();
    while (!is_stopping_) {
        wait_for_events();
        retry_postponed();
        close_expired();
        if (!reserve_) reserve_ = open_reserve();
        watch_listeners(true);
    }
}

void Gate::report_ready() const {
    supervisor_->report_ready(credentials_ ? credentials_->expires() : 0);
}

void Gate::wait_for_events() {
    std::array<epoll_event, 64> events{};
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    now_ = base::Clock::now();
    for (int at = 0; at < count; ++at) {
        handle(static_cast<int>(events[static_cast<std::size_t>(at)].data.u64));
    }
}

int Gate::wait_ms() const {
    if (!is_listening_ || !postponed_.empty()) return static_cast<int>(tick.count());
    if (room_.size() == 0) return -1;
    return static_cast<int>(idle_wait.count());
}

void Gate::handle(int fd) {
    if (is_listener(fd)) return accept_waiting(fd);
    if (fd == signals_.fd()) return handle_signals();
    if (fd == relays_.fd()) return relays_.read_logins(now_);
    if (fd == supervisor_->fd()) {
        is_stopping_ = is_stopping_ || supervisor_->has_ended();
    } else if (room_.contains(fd)) {
        look_at(fd);
    }
}

void Gate::handle_signals() {
    const ServiceSignals::Pending pending = signals_.read();
    if (pending.reload) reload();
    is_stopping_ = is_stopping_ || pending.termination != 0;
    relays_.reap(now_);
}

void Gate::reload() {
    try {
        credentials_ = load(files_);
        ::malloc_trim(0);
        report_ready();
    } catch (const CredentialsError& error) {
        supervisor_->report_kept(error.what());
    }
}

/// Accepts the connections that wait in the kernel. Those beyond `max_accepts` cause another event.
void Gate::accept_waiting(int listener) {
    for (int accepted = 0; accepted < max_accepts; ++accepted) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        base::UniqueFd socket{::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size,
                                        SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (socket) {
            admit({std::move(socket), base::endpoint_in(address), now_, listener});
        } else if (errno == EMFILE || errno == ENFILE) {
            return accept_without_descriptor(listener);
        } else if (errno != ECONNABORTED && errno != EINTR) {
            // Either no connection waits any more, or the system is short of memory. In the second
            // case the next attempt must not follow at once.
            if (errno != EAGAIN) watch_listeners(false);
            return;
        }
    }
}

/// Closes a connection if no descriptor is left. It closes the reserve to get one.
void Gate::accept_without_descriptor(int listener) {
    reserve_.reset();
    const base::UniqueFd closed{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
    watch_listeners(false);  // until the next tick
}

void Gate::admit(Waiting connection) {
    if (relays_.is_shut_out(connection.peer, web_of(connection), now_)) return;
    if (!watch(epoll_, connection.socket.get())) return;
    // A connection that has to go for this one is closed.
    static_cast<void>(room_.add(std::move(connection)));
}

/// Looks for the first byte of a connection. One that was reset or closed before costs no process.
void Gate::look_at(int fd) {
    const admission::FirstByte first = admission::first_byte_of(fd);
    if (first == admission::FirstByte::missing) return;
    Waiting connection = room_.take(fd);
    if (first == admission::FirstByte::gone) return;
    unwatch_descriptor(epoll_, fd);
    start_relay(std::move(connection));
}

void Gate::start_relay(Waiting connection) {
    Credentials* const credentials = credentials_ ? &*credentials_ : nullptr;
    const auto start = relays_.start(connection, credentials, web_of(connection), now_);
    if (start != RelayTable::Start::later) return;
    if (postponed_.size() < max_postponed) postponed_.push_back(std::move(connection));
}

/// Tries those again that wait for a token.
void Gate::retry_postponed() {
    auto waiting = std::exchange(postponed_, {});
    for (Waiting& connection : waiting) {
        if (now_ - connection.since < first_byte_timeout + max_postponement) {
            start_relay(std::move(connection));
        }
    }
}

void Gate::close_expired() {
    while (room_.take_expired(now_)) {
    }
}

/// Watches all listening sockets again, or none of them.
void Gate::watch_listeners(bool wanted) {
    if (wanted == is_listening_) return;
    const std::vector<int> all = listeners();
    is_listening_ =
        wanted && std::ranges::all_of(all, [this](int fd) { return watch(epoll_, fd); });
    if (is_listening_) return;
    for (const int listener : all) unwatch_descriptor(epoll_, listener);
}

std::vector<int> Gate::listeners() const {
    std::vector<int> all;
    for (const auto* listener : {&tls_listener_, &web_listener_}) {
        if (*listener) all.push_back(listener->get());
    }
    return all;
}

/// Returns the settings of the web port, if the connection has come there.
const WebSettings* Gate::web_of(const Waiting& connection) const noexcept {
    return web_ && connection.listener == web_listener_.get() ? &*web_ : nullptr;
}

bool Gate::is_listener(int fd) const noexcept {
    return fd == tls_listener_.get() || fd == web_listener_.get();
}

}  // namespace belfry::gate
