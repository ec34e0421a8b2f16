#pragma once

#include "gate/http_answer.hpp"
#include "gate/request_reader.hpp"
#include "gate/web_origin.hpp"

#include <optional>
#include <string_view>

namespace belfry::gate {

/// Returns the answer if the request asks for a WebSocket wrongly; nothing if it may get one.
[[nodiscard]] std::optional<HttpAnswer> refuse_upgrade(const HttpRequest& request,
                                                       const HttpAnswers& answers);

/// What is served at the web port: the files of the page, the WebSocket, and `/healthz`.
class WebSite {
  public:
    /// @param origins outlive the object
    /// @param certificate outlives the object; null if there is none
    WebSite(const WebOrigins& origins, X509* certificate)
        : origins_{&origins}, certificate_{certificate} {}

    /// Returns the answer to a request; nothing if it is answered by a WebSocket.
    /// @param can_log_in whether a session waits for the client
    [[nodiscard]] std::optional<HttpAnswer> answer(const HttpRequest& request,
                                                   bool can_log_in) const;

    /// Returns the answer to a request that could not be read.
    [[nodiscard]] HttpAnswer refuse(boost::beast::http::status status) const;

  private:
    [[nodiscard]] std::optional<HttpAnswer> connect(const HttpRequest& request,
                                                    const HttpAnswers& answers,
                                                    std::string_view own, bool can_log_in) const;

    const WebOrigins* origins_;
    X509* certificate_;
};

}  // namespace belfry::gate
