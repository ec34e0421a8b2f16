#pragma once

#include "tests/support/shared_cluster.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

/// What clients do while a node does not reach its cluster.
namespace belfry::test {

struct Sender {
    RawClient client;
    std::uint64_t seq;  ///< of its next message
};

[[nodiscard]] inline Sender sender_at(const Server& node, const std::string& name) {
    RawClient client = node.connect();
    const std::uint64_t seq = std::stoull(client.log_in(name).option("seq")) + 1;
    client.read_until("LIVE");
    return {std::move(client), seq};
}

/// Expects that the answer to a login is `ERR unavailable`, and the end of the connection.
inline void expect_unavailable(RawClient& client) {
    const auto answer = client.next_or_end(recovery_time);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->line.starts_with("ERR unavailable - ")) << answer->line;
    client.expect_closed();
}

/// Expects that a node lets nobody in.
inline void expect_no_login(const Server& node, const std::string& client) {
    RawClient refused = node.connect();
    refused.send("LOGIN " + client + "\r\n");
    expect_unavailable(refused);
}

/// Sends messages until one is refused, and returns its seq. Messages before it may be accepted by
/// the outbox, and have their SENT later.
[[nodiscard]] inline std::uint64_t send_until_refused(RawClient& client, std::uint64_t seq) {
    bool is_refused = false;
    const auto refuses = [&] {
        client.send_message(seq, "text");
        client.send("PING\r\n");
        for (const Frame& frame : client.read_until("PONG")) {
            if (frame.verb == "ERR" && frame.fields[0] == "store-failed") is_refused = true;
        }
        if (!is_refused) ++seq;
        return is_refused;
    };
    EXPECT_TRUE(eventually(refuses, recovery_time, Milliseconds{100}));
    return seq;
}

/// Sends a message again until it is accepted, and returns its id.
inline std::uint64_t send_until_sent(RawClient& client, std::uint64_t seq) {
    std::uint64_t id = 0;
    const auto is_sent = [&] {
        client.send_message(seq, "text");
        for (;;) {
            const Frame frame = client.next(recovery_time);
            if (frame.verb == "ERR") return false;
            if (frame.verb == "SENT" && frame.number(0) == seq) {
                id = frame.number(1);
                return true;
            }
        }
    };
    EXPECT_TRUE(eventually(is_sent, recovery_time, Milliseconds{100}));
    return id;
}

}  // namespace belfry::test
