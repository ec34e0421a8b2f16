#pragma once

namespace belfry::bench {

/// Runs a server that does the minimum: one process that writes the same bytes to all sockets. It
/// is the limit for other servers. Prints `listening on PORT`, and never returns.
///
/// Each connection begins with the line SUB or PUB, which the server answers with OK. The publisher
/// connects last. It sends `<messages> <bytes>`, and the server writes that many messages of that
/// size to each subscriber, in pieces of at most 64 KiB, one subscriber after the other. Then it
/// answers with the number of messages.
/// @throws test::Failure, also if the publisher disconnects
[[noreturn]] void serve_raw();

/// Runs the same server with a process for each subscriber, all woken by one futex. It is the limit
/// for servers with a process for each client. The publisher is answered before the last process
/// has written.
/// @throws test::Failure, also if the publisher disconnects
[[noreturn]] void serve_relay();

}  // namespace belfry::bench
