#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// A line of input, without its ending.
struct InputLine {
    std::uint64_t number = 0;  ///< from 1
    std::string_view text;     ///< valid until the reader is used again
    bool too_long = false;     ///< above the limit: the text is not kept
};

/// Cuts input into lines. A CR before the LF is taken off; the last line may lack its LF.
class LineReader {
  public:
    /// @param limit the longest line that is kept, in bytes
    explicit LineReader(std::size_t limit) noexcept : limit_{limit} {}

    /// Takes bytes off the front of the input up to the end of the first line. None: all of them
    /// are taken, and the line goes on.
    [[nodiscard]] std::optional<InputLine> next(std::string_view& input);

    /// The line that the end of the input ends; none where it is empty.
    [[nodiscard]] std::optional<InputLine> last();

    /// Whether the end of a line has not come yet.
    [[nodiscard]] bool has_begun() const noexcept { return !begun_.empty(); }

  private:
    InputLine finished(std::string_view text);

    std::size_t limit_;
    std::uint64_t number_ = 0;
    std::string begun_;     // the front of a line whose end has not come
    std::string finished_;  // what the last line given out points into
};

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
