#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

/// The frames that the server sends to a client. The views point into the bytes that were parsed.
namespace belfry::wire {

struct Welcome {
    std::string_view client_id;
    std::string_view epoch;
    std::uint64_t cursor = 0;
    std::uint64_t last = 0;
    std::uint64_t seq = 0;
    std::uint64_t max_payload = 0;
    std::string_view server;     ///< `belfry/<version>`
    std::uint64_t accepted = 0;  ///< an option, printed only if above `seq`; see PROTOCOL.md
};

/// A message: MSG (another client's, in its place in the order) or PAST (in the answer to HISTORY).
struct Message {
    bool past = false;
    std::uint64_t id = 0;
    std::string_view sender;
    std::uint64_t time_ms = 0;  ///< Unix time in milliseconds
    std::string_view payload;
};

struct Sent {
    std::uint64_t seq;
    std::uint64_t id;
};

struct Dup {
    std::uint64_t seq;
};

struct Live {
    std::uint64_t id;
};

struct Gap {
    std::uint64_t first_id;
    std::uint64_t last_id;
};

/// The end of the answer to HISTORY, or to WHO (then both ids are 0).
struct End {
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
};

struct User {
    std::string_view client_id;
    bool online;
    std::uint64_t cursor;
};

/// ONLINE or OFFLINE.
struct Presence {
    std::string_view client_id;
    bool online;
};

struct Pong {
    std::string_view token;
};

struct Error {
    std::string_view code;  ///< not an ErrorCode, because a newer server may have new codes
    std::uint64_t seq;      ///< 0: printed as `-`
    std::string_view text;
};

struct Bye {
    std::string_view reason;
};

/// A line whose verb this version does not know. A client ignores it.
struct Unknown {
    std::string_view line;
};

/// Input that violates the protocol: a known verb with unreadable fields, a line that is too long,
/// or a payload without its line ending. Nothing behind it can be trusted.
struct Garbled {};

using Frame = std::variant<Welcome, Message, Sent, Dup, Live, Gap, End, User, Presence, Pong, Error,
                           Bye, Unknown, Garbled>;

}  // namespace belfry::wire
