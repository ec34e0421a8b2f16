#pragma once

#include "wire/error_code.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

/// What a client may say to the server. The views point into the bytes that were parsed.
namespace belfry::wire {

struct Login {
    std::string_view client_id;  ///< well-formed; known to the server or not
    bool manual_ack = false;
    bool presence = false;
};

struct Send {
    std::uint64_t seq;  ///< 1 to max_seq
    std::string_view payload;
};

struct Say {
    std::string_view text;
};

struct Ack {
    std::uint64_t id;  ///< more digits than fit count as the largest number
};

struct History {
    std::uint64_t first_id;  ///< saturating, as Ack::id
    std::uint64_t count;     ///< saturating
};

struct Who {};

struct Ping {
    std::string_view token;  ///< empty: none was given
};

struct Quit {};

/// Bytes that are answered by `ERR <code> <seq or ->`. The codes are line_too_long, bad_line,
/// unknown_command, bad_payload, too_large and bad_seq.
struct Malformed {
    ErrorCode code;
    std::uint64_t seq = 0;  ///< 0: printed as `-`
    bool close = false;     ///< the connection closes: nothing behind these bytes is looked at
    bool is_login = false;  ///< the verb was LOGIN
};

using Command = std::variant<Login, Send, Say, Ack, History, Who, Ping, Quit, Malformed>;

}  // namespace belfry::wire
