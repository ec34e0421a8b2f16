#pragma once

#include "wire/error_code.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

/// The commands that a client sends to the server. The views point into the bytes that were parsed.
namespace belfry::wire {

struct Login {
    std::string_view client_id;  ///< well-formed, but not checked to be known to the server
    bool manual_ack = false;
    bool presence = false;
    /// The secret as it stands on the line, well-formed (wire/secret_text.hpp).
    std::optional<std::string_view> secret = {};
};

struct Send {
    std::uint64_t seq;  ///< 1 to max_seq
    std::string_view payload;
};

struct Say {
    std::string_view text;
};

struct Ack {
    std::uint64_t id;  ///< 2^64-1 if the number on the line is larger
};

struct History {
    std::uint64_t first_id;  ///< 2^64-1 if larger, as Ack::id
    std::uint64_t count;     ///< likewise
};

struct Who {};

struct Ping {
    std::string_view token;  ///< empty: the client gave none
};

struct Quit {};

/// Input that the server answers with `ERR <code> <seq or ->`. The code is one of line_too_long,
/// bad_line, unknown_command, bad_payload, too_large and bad_seq.
struct Malformed {
    ErrorCode code;
    std::uint64_t seq = 0;  ///< 0: printed as `-`
    bool close = false;     ///< the connection must be closed; the bytes behind it are ignored
    bool is_login = false;  ///< the verb was LOGIN
};

using Command = std::variant<Login, Send, Say, Ack, History, Who, Ping, Quit, Malformed>;

}  // namespace belfry::wire
