#include "gate/http_answer.hpp"

#include <utility>

namespace belfry::gate {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view restrictions =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

/// A year, which is what browsers ask for before they list a site themselves.
constexpr std::string_view stay_encrypted = "Strict-Transport-Security: max-age=31536000\r\n";

/// Older browsers do not count WebSockets as 'self', so that their origin is named too.
std::string content_policy(bool is_secure, std::string_view host) {
    std::string policy =
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'";
    if (!host.empty()) {
        policy.append(is_secure ? " wss://" : " ws://").append(host);
    }
    return policy +
           "; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'\r\n";
}

std::string_view reason(http::status status) {
    const auto text = http::obsolete_reason(status);
    return {text.data(), text.size()};
}

}  // namespace

HttpAnswer HttpAnswers::file(const PageFile& file, bool is_unchanged) const {
    std::string text = head(is_unchanged ? http::status::not_modified : http::status::ok);
    text.append("ETag: ").append(file.etag).append("\r\nCache-Control: ");
    text += file.is_immutable ? "public, max-age=31536000, immutable\r\n" : "no-cache\r\n";
    if (is_unchanged) return {text + "\r\n", {}, context_.closes};
    text.append("Content-Type: ").append(file.type).append("\r\n");
    return finished(std::move(text), file.bytes);
}

HttpAnswer HttpAnswers::status(http::status status, std::string_view fields) const {
    std::string text = head(status);
    text.append(fields);
    text += "Cache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\n";
    return finished(std::move(text), reason(status));
}

std::string HttpAnswers::head(http::status status) const {
    std::string text = "HTTP/1.1 " + std::to_string(static_cast<unsigned>(status)) + ' ';
    text.append(reason(status)).append("\r\n");
    if (context_.closes) text += "Connection: close\r\n";
    text += restrictions;
    if (context_.is_secure) text += stay_encrypted;
    return text + content_policy(context_.is_secure, context_.host);
}

HttpAnswer HttpAnswers::finished(std::string head, std::string_view body) const {
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return {std::move(head), context_.is_head ? std::string_view{} : body, context_.closes};
}

}  // namespace belfry::gate
