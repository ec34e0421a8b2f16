#include "gate/relay_end.hpp"

#include <boost/asio/buffer.hpp>

#include <utility>

namespace belfry::gate {

using boost::system::error_code;

RelayEnd::RelayEnd(boost::asio::io_context& loop, ClientSocket& client)
    : loop_{&loop}, client_{&client}, deadline_{loop} {}

void RelayEnd::stop_in(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([this](const error_code& error) {
        if (!error) loop_->stop();
    });
}

void RelayEnd::begin(std::chrono::milliseconds time) {
    if (!std::exchange(has_begun_, true)) stop_in(time);
}

void RelayEnd::drain() {
    error_code ignored;
    client_->shutdown(ClientSocket::shutdown_send, ignored);
    client_->async_read_some(boost::asio::buffer(drained_),
                             [this](const error_code& error, std::size_t) {
                                 if (error) return loop_->stop();
                                 drain();
                             });
}

}  // namespace belfry::gate
