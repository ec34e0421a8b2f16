#pragma once

#include "wire/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry::wire {

/// Splits the byte stream of a client into commands. The caller owns the bytes. The parser only
/// remembers how much of a refused payload it must still discard, so the commands do not depend on
/// how the stream was split into reads. It allocates nothing and throws nothing. Not thread-safe.
class CommandParser {
  public:
    /// @param max_payload the largest payload accepted, in bytes; at most max_discard
    explicit CommandParser(std::size_t max_payload) noexcept : max_payload_{max_payload} {}

    /// Returns a parser for a connection that has not logged in. It does not wait for payloads: a
    /// SEND is a bad line.
    [[nodiscard]] static CommandParser for_login() noexcept {
        CommandParser parser{0};
        parser.takes_payloads_ = false;
        return parser;
    }

    /// The result of next().
    struct Step {
        /// How many bytes at the front of `unread` the caller must drop, after it has used the
        /// command, whose views point into them. It may be above 0 without a command, because a
        /// refused payload is discarded piece by piece.
        std::size_t consumed = 0;

        /// Empty: more bytes are needed. Call again when the unconsumed bytes have grown.
        std::optional<Command> command;
    };

    /// Parses the next command at the front of `unread`, the bytes that are not consumed yet. A
    /// buffer of max_line + max_payload + 2 bytes always has room for a whole command. After a
    /// Malformed with `close`, all bytes are consumed and there are no more commands.
    [[nodiscard]] Step next(std::string_view unread) noexcept;

  private:
    enum class State : unsigned char { at_line, discarding, closed };

    Step parse_command(std::string_view unread) noexcept;
    Step discard_payload(std::string_view unread) noexcept;
    Step parse_line(std::string_view line, std::size_t consumed, std::string_view unread) noexcept;
    Step parse_send(std::string_view text, std::size_t consumed, std::string_view unread) noexcept;
    Step parse_payload(std::uint64_t seq, std::uint64_t nbytes, std::size_t line_bytes,
                       std::string_view unread) noexcept;
    Step refuse_payload(Malformed why, std::uint64_t nbytes, std::size_t line_bytes) noexcept;
    Step close(ErrorCode code, std::uint64_t seq, std::string_view unread) noexcept;

    std::size_t max_payload_;
    bool takes_payloads_ = true;
    std::uint64_t bytes_to_discard_ = 0;  ///< the rest of a refused payload
    State state_ = State::at_line;
};

}  // namespace belfry::wire
