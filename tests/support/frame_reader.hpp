#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A reader of the server's output. It is written from the text of the protocol alone and shares no
/// code with the programs, because it judges them.
namespace belfry::test {

/// One line of the server, with the payload that follows it.
struct Frame {
    std::string line;                 ///< without its line end
    std::string verb;                 ///< the first word
    std::vector<std::string> fields;  ///< the other words, options included
    std::string payload;              ///< of MSG and PAST

    /// Returns the field as a decimal number; throws Failure if it is not one.
    [[nodiscard]] std::uint64_t number(std::size_t field) const;

    /// Returns the value of a `key=value` option; throws Failure if it is missing.
    [[nodiscard]] std::string option(std::string_view key) const;
};

/// Splits a stream of bytes into frames, and throws Failure if it violates the syntax of the
/// protocol.
class FrameReader {
  public:
    void feed(std::string_view bytes) { buffer_.append(bytes); }

    /// Returns the next frame; none if more bytes are needed.
    [[nodiscard]] std::optional<Frame> next();

    /// Returns the bytes that have not yet been read as a frame.
    [[nodiscard]] std::string_view unread() const {
        return std::string_view{buffer_}.substr(start_);
    }

  private:
    void consume(std::size_t bytes);

    std::string buffer_;
    std::size_t start_ = 0;
};

/// Parses a decimal number without sign and leading zeros; throws Failure for anything else.
[[nodiscard]] std::uint64_t number_from(std::string_view text);

}  // namespace belfry::test
