#pragma once

#include "base/page_buffer.hpp"
#include "gate/session_link.hpp"
#include "gate/web_socket.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

namespace belfry::gate {

/// The code and the reason with which a WebSocket is closed after the last line of the session.
struct CloseReason {
    std::uint16_t code;
    std::string_view reason;
    bool operator==(const CloseReason&) const = default;
};

/// Chooses them.
/// @param end the last bytes of the session; at least its last line, if it is complete
[[nodiscard]] CloseReason close_reason(std::string_view end) noexcept;

/// The last bytes of a stream.
class StreamTail {
  public:
    void add(std::string_view bytes) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<char, 256> bytes_;
    std::size_t size_ = 0;
};

/// Copies the bytes of the native protocol between a WebSocket and a session. What the client sends
/// is cut anywhere; each piece is written to the session before the next one is read. What the
/// session has written meanwhile becomes one message, and nothing is read from it until that is
/// sent. So each end holds the other one back, and two buffers are all that is needed.
class WebCopy {
  public:
    /// What the owner does. Each function is called at most once, from the event loop.
    struct Handlers {
        std::function<void()> session_ended;  ///< after its last bytes were sent
        std::function<void()> client_ended;
    };

    /// @param session outlives the object
    WebCopy(ClientStream& client, SessionLink& session, Handlers handlers);

    /// Answers the request for the WebSocket.
    /// @param accepted called when the client may send
    void accept(const HttpRequest& request, std::function<void()> accepted);

    /// Copies what the session has sent, and waits for more.
    void go_on_downwards();

    /// Closes the WebSocket for the reason that the last line of the session gives.
    void close(std::function<void()> closed);

  private:
    void read_client() { socket_.read({upwards_.data(), upwards_.size()}); }
    void write_session(std::size_t from);
    void wait_for_session();

    SessionStream* session_;
    Handlers handlers_;
    std::function<void()> accepted_;
    WebSocket socket_;
    base::PageBuffer upwards_;
    base::PageBuffer downwards_;
    std::size_t piece_ = 0;  ///< bytes of the client that are written to the session
    StreamTail tail_;        ///< of the session
};

}  // namespace belfry::gate
