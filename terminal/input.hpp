#pragma once

#include "terminal/line_reader.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// Standard input, line by line.
class Input {
  public:
    /// @param fd is not closed
    explicit Input(int fd);

    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Reads once; waits where there is nothing yet, so poll() first. Only when next() has given
    /// out what was read before.
    void read();

    /// The next line of what has been read.
    [[nodiscard]] std::optional<InputLine> next();

    /// Whether nothing more will come.
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

    /// Whether nothing is left to send: it has ended, or there is nothing to read at present and no
    /// line has begun.
    [[nodiscard]] bool is_drained() const;

    /// How much of a file has been read, in percent; none where it is no file.
    [[nodiscard]] std::optional<int> percent_read() const;

    /// Whether it has ended because it cannot be read.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

  private:
    int fd_;
    bool has_ended_ = false;
    bool has_failed_ = false;
    std::vector<char> buffer_;
    std::string_view unread_;  // into buffer_
    LineReader lines_;
};

}  // namespace belfry::terminal
