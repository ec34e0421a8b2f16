#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>

namespace belfry::gate {

/// How long a relay waits for its client.
struct RelayTimeouts {
    std::chrono::milliseconds handshake{10'000};
    /// From the handshake to the request for a WebSocket, or to the last one for a file.
    std::chrono::milliseconds requests{10'000};
    /// From the end of the session to the close of the client's connection.
    std::chrono::milliseconds last_words{1000};
};

/// How a relay ends: at a deadline, or when its client has closed the connection after the last
/// bytes for it were sent. Either stops the event loop, and the process of the relay exits.
class RelayEnd {
  public:
    using ClientSocket = boost::asio::ip::tcp::socket;

    /// @param client outlives the object
    RelayEnd(boost::asio::io_context& loop, ClientSocket& client);

    /// Sets a deadline in place of an earlier one.
    void stop_in(std::chrono::milliseconds time);

    /// Removes the deadline.
    void remove_deadline() { deadline_.cancel(); }

    /// Begins the end, which must come within this time. Only the first call has an effect.
    void begin(std::chrono::milliseconds time);

    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

    /// Ends the relay now.
    void stop() { loop_->stop(); }

    /// Ends what the client receives, and reads until it closes. Closing before that would reset
    /// the connection, and the client might lose the last bytes.
    void drain();

  private:
    boost::asio::io_context* loop_;
    ClientSocket* client_;
    boost::asio::steady_timer deadline_;
    bool has_begun_ = false;
    std::array<char, 4096> drained_;
};

}  // namespace belfry::gate
