#include "gate/http_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace belfry::gate {

namespace asio = boost::asio;
using boost::system::error_code;

void HttpConnection::go_on() {
    const auto result = reader_.next();
    if (!result) return read();
    if (result->refusal) {
        has_refused_client_ = true;
        return write(handlers_.refuse(*result->refusal));
    }
    handle(result->request);
}

void HttpConnection::read() {
    const auto space = reader_.space();
    client_->async_read_some(asio::buffer(space.data(), space.size()),
                             [this](const error_code& error, std::size_t count) {
                                 if (error) return handlers_.ended();
                                 reader_.add(count);
                                 go_on();
                             });
}

void HttpConnection::handle(const HttpRequest& request) {
    if (auto answer = handlers_.answer(request)) return write(std::move(*answer));
    client_->put_back(reader_.rest());
    handlers_.upgrade(request);
}

void HttpConnection::write(HttpAnswer answer) {
    answer_ = std::move(answer);
    const std::array parts{asio::buffer(std::as_const(answer_.head)),
                           asio::buffer(answer_.body.data(), answer_.body.size())};
    asio::async_write(*client_, parts, [this](const error_code& error, std::size_t) {
        if (error || answer_.closes) return handlers_.ended();
        go_on();
    });
}

}  // namespace belfry::gate
