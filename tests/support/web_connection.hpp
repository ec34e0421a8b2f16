#pragma once

#include "tests/support/tcp_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::test {

/// How a test connects by WebSocket.
struct WebOptions {
    std::string headers = {};        ///< further lines of the request, each with CRLF
    std::string from = "127.0.0.1";  ///< the address that it connects from, see TcpConnection
};

/// A connection by WebSocket to `/ws`, without TLS. It sends the bytes in binary messages, and
/// takes the bytes out of all messages that arrive.
class WebConnection final : public TcpConnection {
  public:
    /// Connects, and completes the handshake of WebSocket.
    /// @throws Disconnected if the server answers with another status than 101
    WebConnection(std::uint16_t port, const WebOptions& options);

    /// Sends all of the bytes in one message. It may wait for the server.
    [[nodiscard]] ssize_t send(std::string_view bytes) override;
    /// Returns 0 only after a close frame. The end of TCP without it counts as a reset.
    [[nodiscard]] ssize_t receive(char* buffer, std::size_t size) override;
    /// Sends a close frame.
    void shutdown_sending() override;

  private:
    void send_frame(std::uint8_t opcode, std::string_view payload);
    bool begin_frame();
    [[nodiscard]] std::size_t take_payload(char* buffer, std::size_t size);

    std::string unread_;      ///< bytes that have arrived and are not taken yet
    std::uint64_t left_ = 0;  ///< bytes of the frame's payload that are not taken yet
    bool is_closed_ = false;  ///< a close frame has arrived
};

}  // namespace belfry::test
