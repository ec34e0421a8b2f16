#include "server/connections.hpp"

#include "admission/first_byte.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/epoll.hpp"
#include "daemon/logger.hpp"
#include "server/child.hpp"
#include "server/start_error.hpp"
#include "shm/session_slots.hpp"
#include "wire/version.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace belfry::server {
namespace {

using admission::FirstByte;
using admission::Source;
using std::chrono::milliseconds;
using Verdict = admission::SourceLimits::Verdict;

/// How long a connection may take for its first byte, and then for the rest of its LOGIN.
constexpr std::chrono::seconds login_timeout{10};

// The work of one turn. Forks take the most time. Everything that a flood does is accepted as soon
// as possible, because the kernel drops new connections if too many have not been accepted.
constexpr int max_accepts = 256;
constexpr int max_expired = 1024;
constexpr int max_forks = 16;
constexpr std::size_t max_questions = 64;

/// How long a connection may wait for tokens: about as long as many logins at once take.
constexpr std::chrono::seconds max_hold{3};

constexpr milliseconds tick{20};
constexpr milliseconds idle_wait{1000};

constexpr const char* no_descriptor = "no file descriptor is left for another connection";

Source source_of(const RelayedConnection& connection) {
    return Source{connection.peer.endpoint};
}

/// A session child logs the same.
void log_end() {
    log_event(LogLevel::debug, "a connection ended without a login");
}

}  // namespace

Connections::Connections(const ConnectionsContext& context, Listener& listener,
                         GateListener* relays, std::size_t max_waiting)
    : context_{context},
      listener_{&listener},
      relays_{relays},
      reserve_{open_reserve()},
      room_{admission::waiting_limits(max_waiting, login_timeout), pool_} {
    if (!reserve_) throw StartError{"no file descriptor is left"};
    watch_listeners(true);
}

void Connections::handle(std::uint64_t event) {
    if (event == listener_event) return accept_some();
    if (event == relay_event) return accept_relays();
    look_at(static_cast<int>(event - first_event));
}

void Connections::turn() {
    has_settled_ = false;
    needs_slot_ = false;
    forks_left_ = max_forks;
    refusals_.sweep();
    expire();
    ask_held();
    fork_granted();
    if (!reserve_) reserve_ = open_reserve();
    watch_listeners(true);
    context_.segment.server().waiting_connections.store(room_.size(), std::memory_order_relaxed);
}

milliseconds Connections::max_wait() const {
    if (!granted_.empty() && !needs_slot_) return milliseconds{0};
    if (!listening_ || !refusals_.empty() || !held_.empty() || needs_slot_) return tick;
    const base::Deadline expiry = room_.next_expiry();
    if (!expiry) return idle_wait;
    const auto left = std::chrono::ceil<milliseconds>(*expiry - base::Clock::now());
    return std::clamp(left, milliseconds{0}, idle_wait);
}

void Connections::close() {
    watch_listeners(false);
    listener_->close();
    held_.clear();
    granted_.clear();
    while (const auto waiting = room_.take_expired(base::TimePoint::max())) stop_watching(*waiting);
    context_.segment.server().waiting_connections.store(0, std::memory_order_relaxed);
}

// --- Accepting --------------------------------------------------------------------------------

/// Connections that are left after `max_accepts` cause another event.
void Connections::accept_some() {
    for (int accepted = 0; accepted < max_accepts; ++accepted) {
        Accepted connection = listener_->accept();
        if (connection.socket) {
            arrive(std::move(connection));
        } else if (errno == EMFILE || errno == ENFILE) {
            if (!free_descriptor()) return refuse_without_descriptor();
        } else if (errno != ECONNABORTED && errno != EINTR) {
            // Either no connection is left, or the system is short of memory. In the second case
            // the next attempt must not follow at once.
            if (errno != EAGAIN) watch_listeners(false);
            return;
        }
    }
}

/// Accepts the relays whose client has finished its handshake, in the same way.
void Connections::accept_relays() {
    for (int accepted = 0; accepted < max_accepts; ++accepted) {
        if (auto relayed = relays_->next()) {
            const base::TimePoint now = base::Clock::now();
            ask({*std::move(relayed), now + login_timeout, now});
        } else if (errno == EMFILE || errno == ENFILE) {
            if (!free_descriptor()) return refuse_relay_without_descriptor();
        } else {
            if (errno != EAGAIN) watch_listeners(false);  // as above
            return;
        }
    }
}

/// Closes the connection that would go if the room were full, so that another one can be accepted.
/// @return whether there was one
bool Connections::free_descriptor() {
    const auto gone = room_.evict();
    if (!gone) return false;
    stop_watching(*gone);
    count_limited(gone->peer);
    return true;
}

/// Refuses a connection. It closes the reserve to get a descriptor.
void Connections::refuse_without_descriptor() {
    reserve_.reset();
    if (Accepted connection = listener_->accept(); connection.socket) {
        refuse(std::move(connection.socket), shm::Transport::tcp, no_descriptor);
    }
    watch_listeners(false);  // until the next tick
}

void Connections::refuse_relay_without_descriptor() {
    reserve_.reset();
    if (base::UniqueFd relay = relays_->accept_next()) {
        refuse(std::move(relay), shm::Transport::tls, no_descriptor);
    }
    watch_listeners(false);  // until the next tick
}

void Connections::arrive(Accepted accepted) {
    const base::TimePoint now = base::Clock::now();
    Waiting connection{std::move(accepted.socket), accepted.peer, now};
    if (context_.limits.is_shut_out(Source{connection.peer}, now)) {
        return count_limited(connection.peer);
    }
    switch (admission::first_byte_of(connection.socket.get())) {
        case FirstByte::missing:
            return wait(std::move(connection));
        case FirstByte::there:
            return ask(std::move(connection));
        case FirstByte::gone:
            return log_end();
    }
}

// --- Waiting for the first byte ---------------------------------------------------------------

void Connections::wait(Waiting connection) {
    const int fd = connection.socket.get();
    if (!watch_descriptor(context_.epoll, fd, first_event + static_cast<std::uint32_t>(fd))) {
        return refuse(std::move(connection.socket), shm::Transport::tcp,
                      std::string{"cannot watch a connection: "} + std::strerror(errno));
    }
    if (const auto gone = room_.add(std::move(connection))) {
        stop_watching(*gone);
        count_limited(gone->peer);
    }
}

/// The event may be that of an earlier connection with the same descriptor, since several events
/// are taken from epoll at once.
void Connections::look_at(int fd) {
    if (!room_.contains(fd)) return;
    const FirstByte first = admission::first_byte_of(fd);
    if (first == FirstByte::missing) return;
    Waiting connection = room_.take(fd);
    stop_watching(connection);
    if (first == FirstByte::gone) return log_end();
    ask(std::move(connection));
}

void Connections::expire() {
    const base::TimePoint now = base::Clock::now();
    for (int closed = 0; closed < max_expired; ++closed) {
        const auto late = room_.take_expired(now);
        if (!late) return;
        stop_watching(*late);
        log_end();
    }
}

void Connections::stop_watching(const Waiting& connection) noexcept {
    unwatch_descriptor(context_.epoll, connection.socket.get());
}

// --- From the first byte to the fork ----------------------------------------------------------

void Connections::ask(Waiting connection) {
    ask({{.socket = std::move(connection.socket),
          .peer = {.endpoint = connection.peer},
          .certificate_name = {}},
         connection.since + login_timeout,
         base::Clock::now()});
}

void Connections::ask(Ready ready) {
    switch (verdict_on(source_of(ready.connection))) {
        case Verdict::yes:
            granted_.push_back(std::move(ready));
            return fork_granted();
        case Verdict::later:
            if (held_.size() == max_held || base::Clock::now() >= ready.since + max_hold) break;
            return held_.push_back(std::move(ready));
        case Verdict::no:
            break;
    }
    count_limited(ready.connection.peer.endpoint);
}

Verdict Connections::verdict_on(const Source& source) {
    if (granted_.size() >= max_granted) return Verdict::later;
    const base::TimePoint now = base::Clock::now();
    const Verdict verdict = context_.limits.may_fork(source, now);
    return verdict == Verdict::later && settle() ? context_.limits.may_fork(source, now) : verdict;
}

/// Looks, once in a turn, which children have logged in. @return false if that was done before
bool Connections::settle() {
    if (std::exchange(has_settled_, true)) return false;
    context_.children.settle();
    return true;
}

void Connections::ask_held() {
    for (std::size_t left = std::min(held_.size(), max_questions); left > 0; --left) {
        Ready ready = std::move(held_.front());
        held_.pop_front();
        const bool is_gone =
            admission::first_byte_of(ready.connection.socket.get()) == FirstByte::gone;
        is_gone ? log_end() : ask(std::move(ready));
    }
}

/// Forks for connections that have tokens, while this turn may fork and slots are free.
void Connections::fork_granted() {
    for (; !granted_.empty() && forks_left_ > 0; --forks_left_) {
        if (!context_.children.has_room()) settle();
        if (!context_.children.has_room()) return make_slots();
        Ready ready = std::move(granted_.front());
        granted_.pop_front();
        fork(std::move(ready));
    }
}

/// Asks as many of the oldest children without a login to exit as slots are needed.
void Connections::make_slots() {
    ChildTable& children = context_.children;
    while (children.leaving() < granted_.size() && children.evict_oldest_pending()) {
    }
    forks_left_ = 0;
    needs_slot_ = true;
}

void Connections::fork(Ready ready) {
    ChildTable& children = context_.children;
    const Source source = source_of(ready.connection);
    const std::uint32_t slot = children.free_slot();
    const shm::Peer peer = ready.connection.peer;
    Heritage heritage{context_.segment,
                      context_.data_dir,
                      shm::give_slot(context_.segment, slot, peer),
                      std::move(ready.connection.socket),
                      ready.login_by,
                      peer,
                      std::move(ready.connection.certificate_name),
                      ready.connection.is_confidential,
                      &context_.clients};
    shm::set_version(context_.segment.session_process(slot), wire::version);
    const pid_t pid = spawn_session(heritage, context_.sandbox, context_.alive);
    if (pid != -1) return children.add(pid, source);
    const std::string why = std::strerror(errno);
    context_.limits.gave_up(source);
    refuse(std::move(heritage.socket), peer.transport, "cannot fork: " + why);
}

// --- Ends -------------------------------------------------------------------------------------

/// Counts and logs a connection that is closed because it is over a limit.
void Connections::count_limited(const base::Endpoint& peer) {
    context_.segment.server().limited_connections.fetch_add(1, std::memory_order_relaxed);
    limited_line_.log(LogLevel::warning, "closed a connection from " + to_string(peer) +
                                             ": too many connections from there or in all");
}

void Connections::refuse(base::UniqueFd socket, shm::Transport transport, const std::string& why) {
    context_.segment.server().refused_connections.fetch_add(1, std::memory_order_relaxed);
    transport == shm::Transport::tcp ? refusals_.refuse(std::move(socket), why)
                                     : refusals_.refuse_relay(std::move(socket), why);
}

void Connections::watch_listeners(bool wanted) {
    if (wanted == listening_) return;
    listening_ = wanted;
    const auto switch_to = [&](int fd, std::uint64_t event) {
        if (wanted) return watch(fd, event);
        unwatch_descriptor(context_.epoll, fd);
    };
    switch_to(listener_->fd(), listener_event);
    if (relays_ != nullptr) switch_to(relays_->fd(), relay_event);
}

void Connections::watch(int fd, std::uint64_t event) {
    if (watch_descriptor(context_.epoll, fd, event)) return;
    throw StartError{std::string{"cannot watch a listening socket: "} + std::strerror(errno)};
}

}  // namespace belfry::server
