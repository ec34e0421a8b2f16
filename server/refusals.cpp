#include "server/refusals.hpp"

#include "base/clock.hpp"
#include "daemon/logger.hpp"
#include "wire/print.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace belfry::server {
namespace {

constexpr std::chrono::seconds timeout{1};
constexpr std::chrono::milliseconds line_interval{1000};

/// Limit of refused connections that stay open. At the limit the oldest one is closed to make room.
constexpr std::size_t max_refused = 16;

/// Discards some of the input and tells whether the client has closed. It reads only once, since a
/// client that sends fast would otherwise keep the supervisor busy.
bool client_has_closed(int socket) noexcept {
    std::array<char, 16384> waste;
    const ssize_t count = ::recv(socket, waste.data(), waste.size(), MSG_DONTWAIT);
    return count == 0 || (count == -1 && errno != EAGAIN);
}

/// Returns ` (5 earlier ones not logged)`, or an empty text for 0.
std::string not_logged_text(std::uint64_t count) {
    return count == 0 ? "" : " (" + std::to_string(count) + " earlier ones not logged)";
}

/// Tells whether this child may log a refused login. If the clock was set back, it may.
bool may_log(shm::ServerBlock& server) noexcept {
    const std::uint64_t now = base::unix_ms();
    std::uint64_t logged = server.refusals_told_ms.load();
    if (now >= logged && now - logged < static_cast<std::uint64_t>(line_interval.count()))
        return false;
    return server.refusals_told_ms.compare_exchange_strong(logged, now);
}

}  // namespace

void RareLine::log(LogLevel level, const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) {
        ++not_logged_;
        return;
    }
    next_ = now + line_interval;
    log_event(level, text + not_logged_text(std::exchange(not_logged_, 0)));
}

void Refusals::refuse(base::UniqueFd socket, const std::string& why) {
    line_.log(LogLevel::error, why);
    std::string line;
    wire::print_error(line, wire::ErrorCode::too_many_clients);
    ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket.get(), SHUT_WR);
    if (refused_.size() == max_refused) refused_.pop_front();
    refused_.push_back({std::move(socket), Clock::now() + timeout});
}

void Refusals::refuse_relay(base::UniqueFd socket, const std::string& why) {
    line_.log(LogLevel::error, why);
    socket.reset();
}

void Refusals::sweep() noexcept {
    const auto now = Clock::now();
    std::erase_if(refused_, [now](const Refused& refused) {
        return now >= refused.deadline || client_has_closed(refused.socket.get());
    });
}

void log_refused_login(shm::Segment& segment, std::string_view client_id, wire::ErrorCode code,
                       const shm::Peer& peer) noexcept {
    shm::ServerBlock& server = segment.server();
    const std::uint64_t count = server.refused_logins.fetch_add(1) + 1;
    if (!may_log(server)) return;
    const std::uint64_t logged = server.refusals_told.exchange(count);
    const std::uint64_t more = count > logged + 1 ? count - logged - 1 : 0;
    log_event(LogLevel::warning, "refused a login as " + std::string{client_id} + " from " +
                                     to_string(peer.endpoint) + ": " +
                                     std::string{wire::name_of(code)} + not_logged_text(more));
}

}  // namespace belfry::server
