#pragma once

#include <cstddef>
#include <string>

namespace belfry::terminal {

/// Writes to standard output without ever waiting. So a slow reader delays only what is printed.
class Output {
  public:
    /// @param fd the descriptor to write to; it is never closed, and does not become non-blocking,
    /// because other processes may share it
    explicit Output(int fd);

    /// Tells whether standard output is a terminal.
    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }

    /// Returns the buffer, to which callers append.
    [[nodiscard]] std::string& text() noexcept { return text_; }

    /// Tells whether everything appended has been written.
    [[nodiscard]] bool is_written() const noexcept { return text_.empty(); }

    /// Writes as much as possible without waiting. @return false: writing has failed, and errno
    /// says why
    [[nodiscard]] bool write();

    /// Returns the descriptor to poll for POLLOUT; -1 if everything is written.
    [[nodiscard]] int poll_fd() const noexcept { return is_written() ? -1 : fd_; }

  private:
    [[nodiscard]] bool takes_more() const;

    int fd_;
    bool is_terminal_;
    std::size_t at_once_;  // how many bytes a write takes without waiting
    std::size_t written_ = 0;
    std::string text_;
};

}  // namespace belfry::terminal
