#pragma once

namespace belfry::bench {

/// The least that a server can do: one process that writes the same bytes to all sockets, the limit
/// for the others. Prints `listening on PORT`, and never comes back.
///
/// Each connection begins with the line SUB or PUB, and is answered OK; the publisher comes last.
/// Then it says `<messages> <bytes>`: so many of that size for each subscriber, in pieces of at
/// most 64 KiB, one subscriber after the other; then it is told how many messages they were.
/// @throws test::Failure, also when the publisher has gone
[[noreturn]] void serve_raw();

/// The same with a process for each subscriber, woken by one futex for all: the limit for a server
/// that is built so. The publisher is answered before the last one has written.
/// @throws test::Failure, also when the publisher has gone
[[noreturn]] void serve_relay();

}  // namespace belfry::bench
