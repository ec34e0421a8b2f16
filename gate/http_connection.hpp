#pragma once

#include "gate/client_stream.hpp"
#include "gate/http_answer.hpp"
#include "gate/request_reader.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace belfry::gate {

/// Answers the requests of a browser, one after the other, until one of them asks for a WebSocket.
class HttpConnection {
  public:
    /// What the owner does. Each function is called from the event loop.
    struct Handlers {
        /// Returns the answer to a request; nothing if it asks for a WebSocket and may get one.
        std::function<std::optional<HttpAnswer>(const HttpRequest&)> answer;
        /// Returns the answer to a request that could not be read.
        std::function<HttpAnswer(boost::beast::http::status)> refuse;
        /// Opens the WebSocket. Called last; what followed the request comes with the next read.
        std::function<void(const HttpRequest&)> upgrade;
        /// Called last, when the connection has ended or must be closed.
        std::function<void()> ended;
    };

    /// @param client outlives the object
    HttpConnection(ClientStream& client, Handlers handlers)
        : client_{&client}, handlers_{std::move(handlers)} {}
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;
    ~HttpConnection() = default;

    /// Handles the requests that have arrived, and waits for more.
    void go_on();

    /// Tells whether the client has sent something that is no request.
    [[nodiscard]] bool has_refused_client() const noexcept { return has_refused_client_; }

  private:
    void read();
    void handle(const HttpRequest& request);
    void write(HttpAnswer answer);

    ClientStream* client_;
    Handlers handlers_;
    RequestReader reader_;
    HttpAnswer answer_;  ///< that is being written
    bool has_refused_client_ = false;
};

}  // namespace belfry::gate
