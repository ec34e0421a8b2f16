#include "gate/session_link.hpp"

#include <poll.h>

#include <boost/asio/buffer.hpp>

#include <array>
#include <string>
#include <string_view>

namespace belfry::gate {

using boost::system::error_code;

bool SessionLink::introduce(const wire::ProxyHeader& header) {
    std::string bytes;
    wire::print_proxy_header(bytes, header);
    // Nothing was sent before, so the socket takes all of it at once.
    return stream_.write(bytes.data(), bytes.size()).count == bytes.size();
}

bool SessionLink::is_open() {
    if (!stream_.socket().is_open()) return false;
    pollfd session{stream_.socket().native_handle(), POLLRDHUP, 0};
    return ::poll(&session, 1, 0) == 0;
}

void SessionLink::wait_for_login(std::function<void()> logged_in, std::function<void()> then) {
    stream_.wait(Outcome::must_read, [this, logged_in = std::move(logged_in),
                                      then = std::move(then)](const error_code&) {
        constexpr std::string_view welcome = "WELCOME ";
        std::array<char, welcome.size()> first{};
        error_code ignored;
        const std::size_t count =
            stream_.socket().receive(boost::asio::buffer(first), Socket::message_peek, ignored);
        if (std::string_view{first.data(), count} == welcome) logged_in();
        then();
    });
}

void SessionLink::wait_for_end(std::function<void()> handler) {
    stream_.socket().async_wait(Socket::wait_error,
                                [handler = std::move(handler)](const error_code&) { handler(); });
}

void SessionLink::end_input() {
    error_code ignored;
    stream_.socket().shutdown(Socket::shutdown_send, ignored);
}

void SessionLink::drain(std::function<void()> handler) {
    stream_.socket().async_read_some(
        boost::asio::buffer(drained_),
        [this, handler = std::move(handler)](const error_code& error, std::size_t) mutable {
            if (error) return handler();
            drain(std::move(handler));
        });
}

void SessionLink::close() {
    error_code ignored;
    stream_.socket().close(ignored);
}

}  // namespace belfry::gate
