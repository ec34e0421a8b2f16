#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace belfry::gate {

/// The head of a request. The gate takes no requests with a body.
using HttpRequest = boost::beast::http::request<boost::beast::http::empty_body>;

/// Tells whether a request is followed by a body.
[[nodiscard]] bool has_body(const HttpRequest& request);

/// Parses the requests at the beginning of a connection. It accepts HTTP/1.1 and nothing else:
/// Beast's parser would also take what RFC 9112 demands to be refused, such as a second Host.
class RequestReader {
  public:
    /// The largest head of a request in bytes.
    static constexpr std::size_t max_head = 8192;

    /// What was read: a request, or why it is refused. After a refusal nothing more can be read.
    struct Result {
        std::optional<boost::beast::http::status> refusal;
        HttpRequest request;
    };

    RequestReader();

    /// Returns where the next bytes of the connection go. Never empty before a refusal.
    [[nodiscard]] std::span<char> space() noexcept;

    /// Tells how many bytes were put there.
    void add(std::size_t count) noexcept { end_ += count; }

    /// Returns the next request; nothing if more bytes are needed.
    [[nodiscard]] std::optional<Result> next();

    /// Returns the bytes after the last request.
    [[nodiscard]] std::string_view rest() const noexcept {
        return {bytes_.data() + begin_, end_ - begin_};
    }

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

    void begin_request();
    [[nodiscard]] Result finish();

    std::array<char, max_head> bytes_;
    std::size_t begin_ = 0;   ///< of the request
    std::size_t parsed_ = 0;  ///< up to here the parser has taken it
    std::size_t end_ = 0;
    std::optional<Parser> parser_;
};

}  // namespace belfry::gate
