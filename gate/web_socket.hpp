#pragma once

#include "gate/client_stream.hpp"
#include "gate/request_reader.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace belfry::gate {

/// The server's end of a WebSocket (RFC 6455) without extensions. It answers pings and the close of
/// the client by itself, and closes with the right code if the client breaks the protocol. A client
/// from which nothing comes between two pings is gone, unless it is the owner who does not read.
class WebSocket {
  public:
    /// The largest message of a client in bytes: the largest payload of any server, and its line.
    static constexpr std::size_t max_message = (std::size_t{16} << 20) + 1024;
    static constexpr std::chrono::seconds ping_interval{30};

    /// A part of a message.
    struct Piece {
        std::size_t count;  ///< of bytes
        bool is_text;
        bool is_last;  ///< of the message
    };

    /// What the owner does. Each function is called from the event loop.
    struct Handlers {
        std::function<void()> accepted;
        /// The bytes that read() has asked for are there.
        std::function<void(const Piece&)> read;
        /// The bytes of write() are written, and the next may follow.
        std::function<void()> written;
        /// The client has closed, has broken the protocol, or is gone. Neither of the above is
        /// called any more.
        std::function<void()> ended;
    };

    /// @param client outlives the object
    WebSocket(ClientStream& client, Handlers handlers,
              std::chrono::milliseconds ping_interval = WebSocket::ping_interval);
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;
    ~WebSocket();

    /// Answers the request, which has passed refuse_upgrade().
    void accept(const HttpRequest& request);

    /// Reads a part of a message. The memory must stay until the handler was called.
    void read(std::span<char> bytes);

    /// Writes a message. The memory must stay until the handler was called.
    void write(std::span<const char> bytes, bool is_text = false);

    /// Closes: sends the code, waits until the client has closed too, and calls `closed`.
    void close(std::uint16_t code, std::string_view reason, std::function<void()> closed);

  private:
    struct Stream;

    void end();
    void wait_for_ping();
    void ping();

    ClientStream* client_;
    Handlers handlers_;
    std::chrono::milliseconds ping_interval_;
    std::unique_ptr<Stream> stream_;
    /// How many bytes had come from the client at the last ping; nothing if the owner has not been
    /// reading all the time since then.
    std::optional<std::uint64_t> bytes_at_ping_;
    bool is_reading_ = false;
    bool is_pinging_ = false;
    bool is_over_ = false;  ///< closed, or ended
};

}  // namespace belfry::gate
