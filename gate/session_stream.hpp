#pragma once

#include "gate/stream_step.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <utility>

namespace belfry::gate {

/// A relay's connection to its session. It has the same functions as TlsStream.
class SessionStream {
  public:
    using Socket = boost::asio::local::stream_protocol::socket;

    /// @param socket does not wait
    explicit SessionStream(Socket socket) : socket_{std::move(socket)} {}

    [[nodiscard]] Step read(char* bytes, std::size_t size) noexcept;
    [[nodiscard]] Step write(const char* bytes, std::size_t size) noexcept;

    /// Tells whether the last read() has left bytes.
    [[nodiscard]] bool has_more() const noexcept { return has_more_; }

    template <class Handler>
    void wait(Outcome outcome, Handler handler) {
        socket_.async_wait(outcome == Outcome::must_read ? Socket::wait_read : Socket::wait_write,
                           std::move(handler));
    }

    [[nodiscard]] Socket& socket() noexcept { return socket_; }

  private:
    Socket socket_;
    bool has_more_ = false;
};

}  // namespace belfry::gate
