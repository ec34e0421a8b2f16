#pragma once

#include "bench/support/web_socket_frames.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace belfry::bench {

/// What a client asks for when it opens a WebSocket.
struct WebSocketTarget {
    std::string_view path = "/";
    std::string_view subprotocol = "";  ///< empty: none
};

/// Returns the request for the upgrade of a connection.
[[nodiscard]] std::string upgrade_request(const WebSocketTarget& target, std::uint16_t port);

/// Tells whether the server has accepted the request.
/// @param response the response up to the empty line after its header
[[nodiscard]] bool is_upgrade(std::string_view response);

/// The client's end of a WebSocket on a connected socket, after the upgrade. It carries a stream of
/// bytes in both directions, in binary messages. Pings are answered whenever something is read.
class WebSocketStream {
  public:
    explicit WebSocketStream(int socket) : socket_{socket} {}

    /// Receives data that has come and fits, without waiting.
    /// @return the number of bytes without those of headers
    /// @throws test::Failure, also if the peer has closed the connection
    [[nodiscard]] std::size_t read_now(std::span<char> buffer);

    /// Discards data that has come, up to `max_bytes`. Large frames are not even copied.
    [[nodiscard]] std::size_t discard_now(std::size_t max_bytes);

    /// Sends as much as is possible without waiting, and begins a message unless one is begun. The
    /// next call must begin with the bytes that were not taken.
    /// @return the number of bytes
    [[nodiscard]] std::size_t write_now(std::string_view bytes);

  private:
    void answer_pings();
    void begin_message(std::size_t size);

    int socket_;
    WebSocketFrames frames_;
    std::string unsent_;              ///< pongs and a header, which go before the payload
    std::size_t unsent_payload_ = 0;  ///< bytes of the begun message that are not sent yet
    std::string pongs_;               ///< they go after the payload
    std::string out_;                 ///< kept between calls for its memory
};

}  // namespace belfry::bench
