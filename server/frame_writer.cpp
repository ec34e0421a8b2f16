#include "server/frame_writer.hpp"

#include "shm/client_stats.hpp"
#include "shm/session_timeouts.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>

namespace belfry::server {

bool FrameWriter::write(std::string_view frames) noexcept {
    const std::lock_guard guard{mutex_};
    open_ = open_ && send_all(frames);
    return open_;
}

bool FrameWriter::write(std::string_view frames, const TerminationSignal& stop) noexcept {
    std::unique_lock guard{mutex_, std::defer_lock};
    while (!guard.try_lock_for(shm::last_line_timeout)) {
        if (stop.came()) return false;
    }
    while (open_ && !frames.empty()) {
        if (send_some(frames, MSG_DONTWAIT)) continue;
        open_ = errno == EAGAIN && (has_room_in_time() || !stop.came());
    }
    return open_;
}

void FrameWriter::count_for(shm::ClientRow& client) noexcept {
    const std::lock_guard guard{mutex_};
    client_ = &client;
}

void FrameWriter::set_timeout(std::chrono::milliseconds timeout) const noexcept {
    const timeval time{static_cast<time_t>(timeout.count() / 1000),
                       static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

void FrameWriter::finish(std::string_view last_line, std::chrono::milliseconds timeout) noexcept {
    const std::unique_lock guard{mutex_, timeout};
    if (guard && open_) {
        open_ = false;
        set_timeout(timeout);
        // The session ends whether or not this line arrives.
        static_cast<void>(send_all(last_line));
    }
    ::shutdown(socket_, SHUT_WR);
}

bool FrameWriter::send_all(std::string_view bytes) const noexcept {
    while (!bytes.empty()) {
        if (!send_some(bytes, 0)) return false;
    }
    return true;
}

/// Sends as much as possible by one call, and removes it from the bytes. @return false with errno
bool FrameWriter::send_some(std::string_view& bytes, int flags) const noexcept {
    ssize_t sent = 0;
    do {
        sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
    } while (sent == -1 && errno == EINTR);
    if (sent == -1) return false;
    if (client_ != nullptr) shm::count_output(*client_, static_cast<std::uint64_t>(sent));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    return true;
}

/// @return false if the client has taken nothing for last_line_timeout
bool FrameWriter::has_room_in_time() const noexcept {
    pollfd output{socket_, POLLOUT, 0};
    return ::poll(&output, 1, static_cast<int>(shm::last_line_timeout.count())) != 0;
}

void discard_input(int socket, std::chrono::milliseconds timeout) noexcept {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + timeout;
    std::array<char, 16384> waste;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd input{socket, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&input, 1, static_cast<int>(left.count())) == 0) return;
        const ssize_t count = ::recv(socket, waste.data(), waste.size(), MSG_DONTWAIT);
        if (count == 0 || (count == -1 && errno != EINTR && errno != EAGAIN)) return;
    }
}

}  // namespace belfry::server
