#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// A line of input without its line ending.
struct InputLine {
    std::uint64_t number = 0;  ///< from 1
    std::string_view text;     ///< valid until the reader is used again
    bool too_long = false;     ///< above the limit: the text is not kept
};

/// Splits input into lines. A CR before the LF is removed. The last line may lack its LF.
class LineReader {
  public:
    /// @param limit the size of the longest line that is kept, in bytes
    explicit LineReader(std::size_t limit) noexcept : limit_{limit} {}

    /// Removes the first line from the front of the input. @return nothing if the input does not
    /// hold the end of the line; then all of it is taken
    [[nodiscard]] std::optional<InputLine> next(std::string_view& input);

    /// Returns the last line if it had no line ending. Call it once, at the end of the input.
    [[nodiscard]] std::optional<InputLine> last();

    /// Tells whether the beginning of a line has come, but not its end.
    [[nodiscard]] bool has_begun() const noexcept { return !begun_.empty(); }

  private:
    InputLine finished(std::string_view text);

    std::size_t limit_;
    std::uint64_t number_ = 0;
    std::string begun_;     // the beginning of a line whose end has not come
    std::string finished_;  // the storage of the line that was returned last
};

/// Reads standard input line by line.
class Input {
  public:
    /// @param fd the descriptor to read; it is never closed
    explicit Input(int fd);

    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Reads once. It blocks if there is nothing to read, so poll() first. next() must have
    /// returned nothing before.
    void read();

    /// Returns the next line of what has been read.
    [[nodiscard]] std::optional<InputLine> next();

    /// Tells whether the end of the input has been reached.
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

    /// Tells whether the input has ended, or holds nothing to read now and no line has begun.
    [[nodiscard]] bool is_drained() const;

    /// Returns how much of a file has been read, in percent; nothing if the input is not a regular
    /// file.
    [[nodiscard]] std::optional<int> percent_read() const;

    /// Tells whether the input has ended because of a read error.
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
