#pragma once

#include "base/unique_fd.hpp"
#include "daemon/logger.hpp"
#include "server/session_process.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

/// A session child, and its client's end of the connection.
class ForkedSession {
  public:
    /// @param prepare called in the child before its session begins
    /// @param login_time how long the session waits for LOGIN
    ForkedSession(
        ScratchSegment& scratch, std::uint32_t slot, void (*prepare)() = [] {},
        Milliseconds login_time = default_wait) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == -1) {
            throw system_failure("socketpair");
        }
        client_ = base::UniqueFd{ends[0]};
        base::UniqueFd server{ends[1]};
        const shm::GivenSlot given = shm::give_slot(scratch.segment(), slot);
        child_.emplace([&, login_time] {
            client_.reset();
            server::Heritage heritage{scratch.segment(), scratch.data_dir(), given,
                                      base::UniqueFd{ends[1]},
                                      std::chrono::steady_clock::now() + login_time};
            set_log(LogLevel::error, LogFormat::text);
            prepare();
            const sandbox::Sandbox sandbox{sandbox::ProcessKind::session,
                                           {scratch.data_dir(), "/proc"}};
            server::run_session(heritage, sandbox);
            return 0;
        });
    }

    [[nodiscard]] ForkedChild& child() { return *child_; }

    void send(std::string_view text) const {
        if (::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(text.size())) {
            throw system_failure("send");
        }
    }

    /// Closes the client's sending side.
    void shutdown_sending() const { ::shutdown(client_.get(), SHUT_WR); }
    /// Closes the connection.
    void close() { client_.reset(); }

    /// Reads until the received bytes end with `end`.
    /// @return false if the connection ends or the deadline passes
    [[nodiscard]] bool read_to(std::string_view end) {
        const Deadline deadline{default_wait};
        while (!received_.ends_with(end)) {
            if (!read_more(deadline)) return false;
        }
        return true;
    }
    /// Reads until the received bytes contain the text.
    /// @return false if the connection ends or the deadline passes
    [[nodiscard]] bool read_text(std::string_view text) {
        const Deadline deadline{default_wait};
        while (received_.find(text) == std::string::npos) {
            if (!read_more(deadline)) return false;
        }
        return true;
    }
    /// Reads to the end of the connection.
    [[nodiscard]] const std::string& read_all() {
        const Deadline deadline{default_wait};
        while (read_more(deadline)) {
        }
        return received_;
    }
    /// Returns what was read.
    [[nodiscard]] const std::string& received() const { return received_; }

    /// True if the session has read everything that was sent.
    [[nodiscard]] bool has_read_all() const {
        int count = 0;
        if (::ioctl(client_.get(), SIOCOUTQ, &count) == -1) throw system_failure("SIOCOUTQ");
        return count == 0;
    }

    [[nodiscard]] int unread_bytes() const {
        int count = 0;
        if (::ioctl(client_.get(), FIONREAD, &count) == -1) throw system_failure("FIONREAD");
        return count;
    }

  private:
    bool read_more(const Deadline& deadline) {
        pollfd input{client_.get(), POLLIN, 0};
        if (::poll(&input, 1, deadline.remaining_ms()) != 1) return false;
        std::array<char, 65536> buffer;
        const ssize_t count = ::recv(client_.get(), buffer.data(), buffer.size(), 0);
        if (count > 0) received_.append(buffer.data(), static_cast<std::size_t>(count));
        return count > 0;
    }

    base::UniqueFd client_;
    std::string received_;
    std::optional<ForkedChild> child_;
};

}  // namespace belfry::test
