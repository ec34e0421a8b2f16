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

/// Takes over a listening socket, at which accept(2) must not wait.
base::UniqueFd take_listener(int fd) {
    base::UniqueFd listener{fd};
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        throw std::system_error{errno, std::generic_category(), "listening socket"};
    }
    return listener;
}

/// Returns what the gate reads after it has entered its sandbox.
std::vector<std::filesystem::path> readable(const CredentialFiles& files) {
    std::vector<std::filesystem::path> paths{null_device};
    const auto add = [&paths](const std::filesystem::path& file) {
        const auto folders = sandbox::folders_of(file);
        paths.insert(paths.end(), folders.begin(), folders.end());
    };
    add(files.certificate);
    add(files.key);
    if (files.client_authorities) add(*files.client_authorities);
    if (files.client_revocations) add(*files.client_revocations);
    return paths;
}

}  // namespace

Gate::Gate(const Options& options, const SupervisorLink& supervisor)
    : files_{options.files},
      supervisor_{&supervisor},
      credentials_{files_},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      listener_{take_listener(options.tls_fd)},
      reserve_{open_reserve()},
      relays_{options.gate_socket},
      room_{limits_for(options.max_waiting)} {
    for (const int fd : {signals_.fd(), supervisor.fd(), relays_.fd(), listener_.get()}) {
        if (!watch(epoll_, fd)) {
            throw std::system_error{errno, std::generic_category(), "cannot watch a descriptor"};
        }
    }
    sandbox::Sandbox{sandbox::ProcessKind::gate, readable(files_)}.enter();
}

void Gate::run() {
    ::malloc_trim(0);  // so that relays inherit less
    supervisor_->report_ready(credentials_->expires());
    while (!is_stopping_) {
        wait_for_events();
        retry_postponed();
        close_expired();
        if (!reserve_) reserve_ = open_reserve();
        watch_listener(true);
    }
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
    if (fd == listener_.get()) return accept_waiting();
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
        credentials_.emplace(Credentials{files_});
        ::malloc_trim(0);
        supervisor_->report_ready(credentials_->expires());
    } catch (const CredentialsError& error) {
        supervisor_->report_kept(error.what());
    }
}

/// Accepts the connections that wait in the kernel. Those beyond `max_accepts` cause another event.
void Gate::accept_waiting() {
    for (int accepted = 0; accepted < max_accepts; ++accepted) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        base::UniqueFd socket{::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address),
                                        &size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (socket) {
            admit({std::move(socket), base::endpoint_in(address), now_});
        } else if (errno == EMFILE || errno == ENFILE) {
            return accept_without_descriptor();
        } else if (errno != ECONNABORTED && errno != EINTR) {
            // Either no connection waits any more, or the system is short of memory. In the second
            // case the next attempt must not follow at once.
            if (errno != EAGAIN) watch_listener(false);
            return;
        }
    }
}

/// Closes a connection if no descriptor is left. It closes the reserve to get one.
void Gate::accept_without_descriptor() {
    reserve_.reset();
    const base::UniqueFd closed{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    watch_listener(false);  // until the next tick
}

void Gate::admit(Waiting connection) {
    if (relays_.is_shut_out(connection.peer, now_)) return;
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
    if (relays_.start(connection, *credentials_, now_) != RelayTable::Start::later) return;
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

void Gate::watch_listener(bool wanted) {
    if (wanted == is_listening_) return;
    if (!wanted) unwatch_descriptor(epoll_, listener_.get());
    is_listening_ = wanted && watch(epoll_, listener_.get());
}

}  // namespace belfry::gate
