#pragma once

#include "gate/stream_step.hpp"

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace belfry::gate {

/// A TCP connection without TLS.
class PlainStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;

    /// @param socket does not wait
    explicit PlainStream(Socket socket) : socket_{std::move(socket)} {}

    [[nodiscard]] Step read(char* bytes, std::size_t size) noexcept;

    /// Writes the bytes of all parts by one call.
    [[nodiscard]] Step write(std::span<iovec> parts) noexcept;

    /// Ends what the client receives.
    [[nodiscard]] Step close() noexcept;

    /// Tells whether the last read() may have left bytes.
    [[nodiscard]] bool has_more() const noexcept { return has_more_; }

    [[nodiscard]] Socket& socket() noexcept { return socket_; }

  private:
    /// Translates errno.
    [[nodiscard]] Step step_after_error(Outcome if_not_ready) noexcept;

    Socket socket_;
    bool has_more_ = true;
    bool has_failed_ = false;
};

}  // namespace belfry::gate
