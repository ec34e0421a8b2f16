#include "server/session_loop.hpp"

#include "shm/client_stats.hpp"
#include "shm/session_timeouts.hpp"
#include "wire/print.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>

namespace belfry::server {
namespace {

constexpr int no_descriptor = -1;  // poll(2) ignores it

/// Returns a timeout for poll(2). -1 means for ever.
int milliseconds_until(SessionLoop::Clock::time_point deadline) {
    using std::chrono::milliseconds;
    if (deadline == SessionLoop::Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(deadline - SessionLoop::Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

std::string error_line(wire::ErrorCode code, std::uint64_t seq) {
    std::string line;
    wire::print_error(line, code, seq);
    return line;
}

std::string bye_line(std::string_view reason) {
    std::string line;
    wire::print(line, wire::Bye{reason});
    return line;
}

SessionEnd end_by_take_over() {
    return {shm::EndReason::taken_over, bye_line("taken-over")};
}

SessionLoop::SessionLoop(int socket, DeliveryState& delivery)
    : socket_{socket}, output_{socket}, delivery_{&delivery} {
    output_.set_timeout(shm::last_line_timeout);
}

// --- Waiting ----------------------------------------------------------------------------------

void SessionLoop::wait_for_input(Clock::time_point deadline) {
    wait(socket_, deadline);
}

void SessionLoop::wait(Clock::time_point deadline) {
    wait(no_descriptor, deadline);
}

void SessionLoop::wait(int input, Clock::time_point deadline) {
    if (predecessor_) deadline = std::min(deadline, predecessor_->deadline());
    std::array<pollfd, 4> watched{
        pollfd{input, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}, pollfd{delivery_->fd(), POLLIN, 0},
        pollfd{predecessor_ ? predecessor_->fd() : no_descriptor, POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), milliseconds_until(deadline)) == -1) return;

    if (watched[1].revents != 0) return end(Terminated{});
    if (watched[2].revents != 0) delivery_->clear_event();
    if (delivery_->ended()) return end(DeliveryEnded{});
    if (predecessor_ && predecessor_->kill_if_due()) predecessor_.reset();
    if (watched[0].revents != 0) read_input();
}

void SessionLoop::wait_for_welcome() {
    constexpr auto timeout = static_cast<int>(shm::last_line_timeout.count());
    const auto is_welcomed = [this] { return delivery_->phase() != DeliveryPhase::welcoming; };
    while (!is_welcomed()) {
        delivery_->watch();
        pollfd changed{delivery_->fd(), POLLIN, 0};
        if (!is_welcomed() && ::poll(&changed, 1, timeout) == 0 && stop_.came()) {
            return end(Terminated{});
        }
        if (predecessor_ && predecessor_->kill_if_due()) predecessor_.reset();
    }
    delivery_->clear_event();
    if (delivery_->ended()) end(DeliveryEnded{});
}

void SessionLoop::read_input() {
    input_.reserve(input_bytes_);
    const std::span<char> room = input_.room();
    const ssize_t count = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
    if (count > 0) {
        const auto bytes = static_cast<std::size_t>(count);
        if (counted_client_ != nullptr) {
            shm::count_input(*counted_client_, bytes);
        } else {
            uncounted_bytes_ += bytes;
        }
        return input_.filled(bytes);
    }
    if (count == 0) return end(SessionEnd{shm::EndReason::closed, bye_line("quit"), true});
    if (errno != EAGAIN && errno != EINTR) end(SessionEnd{shm::EndReason::lost, {}});
}

// --- Answers ----------------------------------------------------------------------------------

void SessionLoop::flush_answers() {
    if (answers_.empty()) return;
    if (!output_.write(answers_, stop_)) {
        end(stop_.came() ? EndCause{Terminated{}} : EndCause{SessionEnd{shm::EndReason::lost, {}}});
    }
    answers_.clear();
}

void SessionLoop::admit(shm::ClientRow& client, std::size_t input_bytes) {
    counted_client_ = &client;
    shm::count_input(client, uncounted_bytes_);
    output_.count_for(client);
    output_.set_timeout(std::chrono::milliseconds{0});
    input_bytes_ = input_bytes;
}

bool SessionLoop::peer_is_gone() const noexcept {
    // getpeername() would still know the other end of a Unix socket that has been closed.
    pollfd end{socket_, 0, 0};
    return ::poll(&end, 1, 0) == 1 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

bool SessionLoop::peer_has_closed() const noexcept {
    pollfd end{socket_, POLLRDHUP, 0};
    return ::poll(&end, 1, 0) == 1;
}

// --- Ending -----------------------------------------------------------------------------------

void SessionLoop::end(EndCause cause) {
    if (!cause_) cause_ = std::move(cause);
}

void SessionLoop::close(std::string_view last_line, std::chrono::milliseconds timeout) noexcept {
    output_.finish(last_line, shm::last_line_timeout);
    discard_input(socket_, timeout);
    if (predecessor_) predecessor_->wait();
}

}  // namespace belfry::server
