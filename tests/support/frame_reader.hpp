#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads what a server writes. Written from the protocol's text alone: it shares no code with the
/// programs, since it judges them.
namespace belfry::test {

/// One line of the server and the payload behind it.
struct Frame {
    std::string line;                 ///< without its ending
    std::string verb;                 ///< the first word
    std::vector<std::string> fields;  ///< the words behind it, options included
    std::string payload;              ///< of MSG and PAST

    /// The field as a decimal number; throws Failure where it is none.
    [[nodiscard]] std::uint64_t number(std::size_t field) const;

    /// The value of a `key=value` option; throws Failure where it is missing.
    [[nodiscard]] std::string option(std::string_view key) const;
};

/// Cuts a stream of bytes into frames, and throws Failure where it breaks the protocol's form.
class FrameReader {
  public:
    void feed(std::string_view bytes) { buffer_.append(bytes); }

    /// The next frame; none where more bytes are needed.
    [[nodiscard]] std::optional<Frame> next();

    /// What has not been read as a frame yet.
    [[nodiscard]] std::string_view unread() const {
        return std::string_view{buffer_}.substr(start_);
    }

  private:
    void consume(std::size_t bytes);

    std::string buffer_;
    std::size_t start_ = 0;
};

/// A decimal number without sign and leading zeros; throws Failure for anything else.
[[nodiscard]] std::uint64_t number_from(std::string_view text);

}  // namespace belfry::test
