#include "gate/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace belfry::gate {
namespace {

namespace http = boost::beast::http;
using http::field;
using http::status;

constexpr unsigned http_1_1 = 11;

std::string_view view(boost::beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

/// Finds an obsolete line folding, which Beast's parser would turn into spaces.
bool has_folded_line(std::string_view head) noexcept {
    return head.find("\r\n ") != std::string_view::npos ||
           head.find("\r\n\t") != std::string_view::npos;
}

/// Tells whether the target is a path, a URL, or `*`, and printable ASCII.
bool is_sound_target(std::string_view target) noexcept {
    const bool is_printable =
        std::ranges::all_of(target, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
    return is_printable && (target.starts_with('/') || target.starts_with("http://") ||
                            target.starts_with("https://") || target == "*");
}

/// Tells whether the lengths of the body are sound. Beast's parser has refused both together.
bool is_sound_body(const HttpRequest& request) {
    const auto lengths = request.count(field::content_length);
    const auto encodings = request.count(field::transfer_encoding);
    if (encodings > 0) {
        return encodings == 1 && lengths == 0 &&
               boost::beast::iequals(request[field::transfer_encoding], "chunked");
    }
    return lengths == 0 ||
           (lengths == 1 && std::ranges::all_of(request[field::content_length],
                                                [](char c) { return c >= '0' && c <= '9'; }));
}

/// Tells whether fields that decide who is spoken to are there at most once.
bool has_single_fields(const HttpRequest& request) {
    return request.count(field::host) == 1 && request.count(field::origin) <= 1 &&
           request.count(field::sec_websocket_key) <= 1 &&
           request.count(field::sec_websocket_version) <= 1;
}

bool is_sound(std::string_view head, const HttpRequest& request) {
    return request.version() == http_1_1 && !has_folded_line(head) &&
           is_sound_target(view(request.target())) && has_single_fields(request) &&
           is_sound_body(request);
}

}  // namespace

bool has_body(const HttpRequest& request) {
    return request.count(field::transfer_encoding) > 0 ||
           std::ranges::any_of(request[field::content_length], [](char c) { return c != '0'; });
}

RequestReader::RequestReader() {
    begin_request();
}

void RequestReader::begin_request() {
    parser_.emplace();
    parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // no body is read
}

std::span<char> RequestReader::space() noexcept {
    if (begin_ > 0) {
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        parsed_ -= begin_;
        end_ -= std::exchange(begin_, 0);
    }
    return std::span{bytes_}.subspan(end_);
}

std::optional<RequestReader::Result> RequestReader::next() {
    if (parsed_ == end_) return {};
    boost::beast::error_code error;
    parsed_ += parser_->put(boost::asio::buffer(bytes_.data() + parsed_, end_ - parsed_), error);
    if (!error) return finish();
    if (error == http::error::need_more) {
        // The parser waits for a version, even behind the end of the head.
        const bool is_complete = rest().find("\r\n\r\n") != std::string_view::npos;
        if (!is_complete && end_ - begin_ < max_head) return {};
        error = is_complete ? http::error::bad_version : http::error::header_limit;
    }
    const bool is_too_long = error == http::error::header_limit;
    return Result{is_too_long ? status::request_header_fields_too_large : status::bad_request, {}};
}

RequestReader::Result RequestReader::finish() {
    const std::string_view head{bytes_.data() + begin_, parsed_ - begin_};
    begin_ = parsed_;
    HttpRequest request = parser_->release();
    begin_request();
    if (!is_sound(head, request)) return {status::bad_request, {}};
    return {{}, std::move(request)};
}

}  // namespace belfry::gate
