#pragma once

#include <cstddef>
#include <string>

namespace belfry::terminal {

/// Standard output, written only as far as it takes without waiting, so that a slow reader holds
/// back what is printed and nothing else.
class Output {
  public:
    /// @param fd is not closed; it stays as blocking as it is, since others may share it
    explicit Output(int fd);

    /// Whether it is a terminal.
    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }

    /// To be appended to.
    [[nodiscard]] std::string& text() noexcept { return text_; }

    /// Whether everything appended has been written.
    [[nodiscard]] bool is_written() const noexcept { return text_.empty(); }

    /// Writes what it takes at present. False: it takes nothing any more, and errno says why.
    [[nodiscard]] bool write();

    /// To be polled for POLLOUT while something is unwritten; else -1.
    [[nodiscard]] int poll_fd() const noexcept { return is_written() ? -1 : fd_; }

  private:
    [[nodiscard]] bool takes_more() const;

    int fd_;
    bool is_terminal_;
    std::size_t at_once_;  // bytes that a write does not wait with
    std::size_t written_ = 0;
    std::string text_;
};

}  // namespace belfry::terminal
