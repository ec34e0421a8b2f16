#include "gate/gate.hpp"

#include "admission/first_byte.hpp"
#include "base/process.hpp"
#include "sandbox/sandbox.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace belfry::gate {
namespace {

using admission::Waiting;
using std::chrono::milliseconds;

constexpr std::array handled_signals{SIGTERM, SIGINT, SIGHUP, SIGCHLD};
constexpr std::chrono::seconds first_byte_timeout{10};
constexpr milliseconds tick{20};         ///< how often things are tried again
constexpr milliseconds idle_wait{1000};  ///< the longest wait

/// How many connections are accepted before other events are looked at.
constexpr int max_accepts = 64;

/// How many connections wait for a token, and how long. The others are closed.
constexpr std::size_t max_postponed = 1024;
constexpr std::chrono::seconds max_postponement{3};

/// Of all connections that may wait, one source may have a quarter.
constexpr std::size_t shares = 4;

/// Of all descriptors, one in so many is for other connections than those that wait for their first
/// byte. Otherwise silent connections could use up all of them.
constexpr std::size_t descriptors_per_other = 8;

admission::WaitingLimits limits_for(std::size_t max_waiting) {
    const std::size_t descriptors = base::raise_descriptor_limit();
    const std::size_t total =
        std::min(max_waiting, descriptors - descriptors / descriptors_per_other);
    return {.total = total,
            .per_source = std::max<std::size_t>(total / shares, 1),
            .timeout = first_byte_timeout};
}

/// @return false with errno if the system is short of memory
bool watch(const base::UniqueFd& epoll, int fd) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

base::UniqueFd take_signals() {
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int signal : handled_signals) ::sigaddset(&ours, signal);
    ::sigprocmask(SIG_BLOCK, &ours, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    return base::UniqueFd{::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)};
}

/// Takes over a listening socket, at which accept(2) must not wait.
base::UniqueFd take_listener(int fd) {
    base::UniqueFd listener{fd};
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
        throw std::system_error{errno, std::generic_category(), "listening socket"};
    }
    return listener;
}

constexpr const char* null_device = "/dev/null";

base::UniqueFd open_reserve() {
    return base::UniqueFd{::open(null_device, O_RDONLY | O_CLOEXEC)};
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
      signals_{take_signals()},
      listener_{take_listener(options.tls_fd)},
      reserve_{open_reserve()},
      relays_{options.gate_socket},
      room_{limits_for(options.max_waiting)} {
    for (const int fd : {signals_.get(), supervisor.fd(), relays_.fd(), listener_.get()}) {
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
    for (int at = 0; at < count; ++at) handle(events[static_cast<std::size_t>(at)].data.fd);
}

int Gate::wait_ms() const {
    if (!is_listening_ || !postponed_.empty()) return static_cast<int>(tick.count());
    if (room_.size() == 0) return -1;
    return static_cast<int>(idle_wait.count());
}

void Gate::handle(int fd) {
    if (fd == listener_.get()) return accept_waiting();
    if (fd == signals_.get()) return handle_signals();
    if (fd == relays_.fd()) return relays_.read_logins(now_);
    if (fd == supervisor_->fd()) {
        is_stopping_ = is_stopping_ || supervisor_->has_ended();
    } else if (room_.contains(fd)) {
        look_at(fd);
    }
}

void Gate::handle_signals() {
    std::array<signalfd_siginfo, handled_signals.size()> pending{};
    const ssize_t bytes = ::read(signals_.get(), pending.data(), sizeof pending);
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)) / sizeof pending[0];
    for (const signalfd_siginfo& info : std::span{pending}.first(count)) {
        if (info.ssi_signo == SIGHUP) {
            reload();
        } else if (info.ssi_signo != SIGCHLD) {
            is_stopping_ = true;
        }
    }
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
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
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
    if (wanted) {
        is_listening_ = watch(epoll_, listener_.get());
    } else {
        is_listening_ = ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr) != 0;
    }
}

}  // namespace belfry::gate
