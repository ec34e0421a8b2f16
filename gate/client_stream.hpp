#pragma once

#include "gate/plain_stream.hpp"
#include "gate/stream_step.hpp"
#include "gate/tls_stream.hpp"

#include <sys/uio.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace belfry::gate {

/// The connection of a browser, with TLS or without. It is an AsyncStream of Boost.Asio, so that
/// the code above it is compiled once for both.
///
/// It overwrites the memory into which it will read before it waits, because what was read there
/// before may have been the client's secret.
class ClientStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using executor_type = Socket::executor_type;

    /// @param socket does not wait
    /// @param context of the TLS connection; null if the connection has none
    ClientStream(Socket socket, SSL_CTX* context);
    ClientStream(const ClientStream&) = delete;
    ClientStream& operator=(const ClientStream&) = delete;
    ~ClientStream() = default;

    /// Returns the TLS connection; null if the connection has none.
    [[nodiscard]] TlsStream* tls() noexcept { return std::get_if<TlsStream>(&stream_); }

    [[nodiscard]] Socket& socket() noexcept;
    [[nodiscard]] executor_type get_executor() noexcept { return socket().get_executor(); }

    /// Makes the next reads return these bytes first.
    void put_back(std::string_view bytes) { unread_.assign(bytes); }

    /// Returns how many bytes have been read.
    [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

    /// The handler is called with an error code and the number of bytes.
    template <class Buffers, class Handler>
    auto async_read_some(const Buffers& buffers, Handler&& handler) {
        return run(&ClientStream::read, Parts::of(buffers), handler);
    }

    /// The handler is called with an error code and the number of bytes.
    template <class Buffers, class Handler>
    auto async_write_some(const Buffers& buffers, Handler&& handler) {
        return run(&ClientStream::write, Parts::of(buffers), handler);
    }

    /// Ends what the client receives, by close_notify if the connection has TLS. The handler is
    /// called with an error code and 0.
    template <class Handler>
    auto async_close(Handler&& handler) {
        return run(&ClientStream::close, Parts{}, handler);
    }

  private:
    using error_code = boost::system::error_code;

    /// The memory of a read or a write. Beast reads into two parts, and writes the head of a frame
    /// and its contents; if there were more, they would follow in the next write.
    struct Parts {
        std::array<iovec, 4> all;
        std::size_t count = 0;

        template <class Buffers>
        static Parts of(const Buffers& buffers) {
            Parts parts;
            const auto end = boost::asio::buffer_sequence_end(buffers);
            for (auto at = boost::asio::buffer_sequence_begin(buffers);
                 at != end && parts.count < parts.all.size(); ++at) {
                const boost::asio::const_buffer buffer{*at};
                if (buffer.size() == 0) continue;
                parts.all[parts.count++] = {const_cast<void*>(buffer.data()), buffer.size()};
            }
            return parts;
        }
        [[nodiscard]] std::span<iovec> span() noexcept { return {all.data(), count}; }
    };

    /// A function that takes one step without waiting.
    using TakeStep = Step (ClientStream::*)(Parts&);

    /// Takes a step, when the socket is ready for it.
    class Operation {
      public:
        Operation(ClientStream& client, TakeStep take_step, const Parts& parts)
            : client_{&client}, take_step_{take_step}, parts_{parts} {}

        template <class Self>
        void operator()(Self& self, const error_code& error = {}) {
            if (error) return self.complete(error, 0);
            if (is_over_) return self.complete(error_of(step_.outcome), step_.count);
            const bool has_waited = std::exchange(has_waited_, true);
            step_ = (client_->*take_step_)(parts_);
            if (step_.outcome == Outcome::must_read || step_.outcome == Outcome::must_write) {
                return client_->wait(step_.outcome, std::move(self));
            }
            if (has_waited) return self.complete(error_of(step_.outcome), step_.count);
            // The function that has begun the operation must return before its handler is called.
            is_over_ = true;
            boost::asio::post(client_->get_executor(), std::move(self));
        }

      private:
        ClientStream* client_;
        TakeStep take_step_;
        Parts parts_;
        Step step_{Outcome::done};
        bool has_waited_ = false;
        bool is_over_ = false;
    };

    template <class Handler>
    auto run(TakeStep take_step, const Parts& parts, Handler& handler) {
        return boost::asio::async_compose<Handler, void(error_code, std::size_t)>(
            Operation{*this, take_step, parts}, handler, socket());
    }

    [[nodiscard]] static error_code error_of(Outcome outcome);

    [[nodiscard]] Step read(Parts& parts);
    [[nodiscard]] Step read_all(std::span<iovec> parts) noexcept;
    [[nodiscard]] Step read_unread(std::span<iovec> parts) noexcept;
    [[nodiscard]] Step write(Parts& parts);
    [[nodiscard]] Step close(Parts&);

    template <class Handler>
    void wait(Outcome outcome, Handler handler) {
        socket().async_wait(outcome == Outcome::must_read ? Socket::wait_read : Socket::wait_write,
                            std::move(handler));
    }

    std::variant<PlainStream, TlsStream> stream_;
    bool is_readable_ = true;  ///< a read need not wait first
    std::string unread_;
    std::string joined_;  ///< the parts of a record of TLS
    std::uint64_t bytes_read_ = 0;
};

}  // namespace belfry::gate
