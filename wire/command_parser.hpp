#pragma once

#include "wire/command.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry::wire {

/// Cuts the byte stream of a client into commands. The caller keeps the bytes; the parser keeps
/// only what is still to be thrown away of a refused payload, so that any split of the stream
/// gives the same commands. Allocates nothing, throws nothing. Not thread-safe.
class CommandParser {
  public:
    /// @param max_payload the largest payload accepted, in bytes; at most max_discard
    explicit CommandParser(std::size_t max_payload) noexcept : max_payload_{max_payload} {}

    /// For a connection that has not logged in: every command is told at its line, a SEND as a bad
    /// one, and no payload is waited for.
    [[nodiscard]] static CommandParser for_login() noexcept {
        CommandParser parser{0};
        parser.takes_payloads_ = false;
        return parser;
    }

    struct Step {
        /// Bytes at the front of the input that are done with. May be above 0 without a command
        /// (a refused payload is thrown away piece by piece). The command's views point into
        /// them: use it before they are overwritten.
        std::size_t consumed = 0;

        /// Where there is none, more bytes are needed: call again when the unconsumed bytes have
        /// grown.
        std::optional<Command> command;
    };

    /// Looks at the unconsumed bytes of the stream for the next command. A caller whose buffer
    /// holds max_line + max_payload + 2 bytes never runs full without a command. After a
    /// Malformed with `close` everything is consumed and no command comes any more.
    [[nodiscard]] Step next(std::string_view unread) noexcept;

  private:
    enum class State : unsigned char { at_line, in_refused_payload, closed };

    Step at_line(std::string_view unread) noexcept;
    Step at_refused_payload(std::string_view unread) noexcept;
    Step parse_line(std::string_view line, std::size_t consumed, std::string_view unread) noexcept;
    Step send_line(std::string_view text, std::size_t consumed, std::string_view unread) noexcept;
    Step accept(std::uint64_t seq, std::uint64_t nbytes, std::size_t head,
                std::string_view unread) noexcept;
    Step refuse_payload(Malformed why, std::uint64_t nbytes, std::size_t head) noexcept;
    Step close(ErrorCode code, std::uint64_t seq, std::string_view unread) noexcept;

    std::size_t max_payload_;
    bool takes_payloads_ = true;
    std::uint64_t refused_bytes_ = 0;  ///< of a refused payload, still to come
    State state_ = State::at_line;
};

}  // namespace belfry::wire
