#include "gate/web_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace belfry::gate {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::string_view subprotocol = "belfry.v1";

boost::beast::string_view view(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

bool offers_subprotocol(const HttpRequest& request) {
    namespace http = boost::beast::http;
    const auto [begin, end] = request.equal_range(http::field::sec_websocket_protocol);
    return std::any_of(begin, end, [](const auto& field) {
        return http::token_list{field.value()}.exists(view(subprotocol));
    });
}

}  // namespace

/// Beast calls this when a WebSocket is over. The owner reads until the client closes, because it
/// has a deadline for that.
template <class Handler>
void async_teardown(boost::beast::role_type, ClientStream& client, Handler&& handler) {
    client.async_close([handler = std::forward<Handler>(handler)](
                           const error_code&, std::size_t) mutable { handler(error_code{}); });
}

/// Beast calls this at its own timeouts, none of which is set.
void beast_close_socket(ClientStream& client) {
    error_code ignored;
    client.socket().close(ignored);
}

struct WebSocket::Stream {
    explicit Stream(ClientStream& client) : socket{client}, ping_timer{client.get_executor()} {}

    websocket::stream<ClientStream&, false> socket;
    asio::steady_timer ping_timer;
};

WebSocket::WebSocket(ClientStream& client, Handlers handlers,
                     std::chrono::milliseconds ping_interval)
    : client_{&client},
      handlers_{std::move(handlers)},
      ping_interval_{ping_interval},
      stream_{std::make_unique<Stream>(client)} {
    stream_->socket.auto_fragment(false);
    stream_->socket.read_message_max(max_message);
}

WebSocket::~WebSocket() = default;

void WebSocket::accept(const HttpRequest& request) {
    const bool has_subprotocol = offers_subprotocol(request);
    stream_->socket.set_option(
        websocket::stream_base::decorator([=](websocket::response_type& answer) {
            namespace http = boost::beast::http;
            answer.set(http::field::server, "belfry");
            if (has_subprotocol) {
                answer.set(http::field::sec_websocket_protocol, view(subprotocol));
            }
        }));
    stream_->socket.async_accept(request, [this](const error_code& error) {
        if (error) return end();
        wait_for_ping();
        handlers_.accepted();
    });
}

void WebSocket::read(std::span<char> bytes) {
    is_reading_ = true;
    stream_->socket.async_read_some(
        asio::buffer(bytes.data(), bytes.size()),
        [this](const error_code& error, std::size_t count) {
            is_reading_ = false;
            bytes_at_ping_.reset();
            if (is_over_) return;
            if (error) return end();
            handlers_.read({.count = count,
                            .is_text = stream_->socket.got_text(),
                            .is_last = stream_->socket.is_message_done()});
        });
}

void WebSocket::write(std::span<const char> bytes, bool is_text) {
    stream_->socket.text(is_text);
    stream_->socket.async_write(asio::buffer(bytes.data(), bytes.size()),
                                [this](const error_code& error, std::size_t) {
                                    if (is_over_) return;
                                    if (error) return end();
                                    handlers_.written();
                                });
}

void WebSocket::close(std::uint16_t code, std::string_view reason, std::function<void()> closed) {
    is_over_ = true;
    stream_->ping_timer.cancel();
    const websocket::close_reason why{static_cast<websocket::close_code>(code), view(reason)};
    stream_->socket.async_close(why, [closed = std::move(closed)](const error_code&) { closed(); });
}

void WebSocket::end() {
    if (std::exchange(is_over_, true)) return;
    stream_->ping_timer.cancel();
    handlers_.ended();
}

void WebSocket::wait_for_ping() {
    stream_->ping_timer.expires_after(ping_interval_);
    stream_->ping_timer.async_wait([this](const error_code& error) {
        if (error || is_over_) return;
        if (bytes_at_ping_ == client_->bytes_read()) return end();
        if (is_reading_) bytes_at_ping_ = client_->bytes_read();
        if (!is_pinging_) ping();
        wait_for_ping();
    });
}

void WebSocket::ping() {
    is_pinging_ = true;
    stream_->socket.async_ping({}, [this](const error_code&) { is_pinging_ = false; });
}

}  // namespace belfry::gate
