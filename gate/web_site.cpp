#include "gate/web_site.hpp"

#include "base/base64.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace belfry::gate {
namespace {

namespace http = boost::beast::http;
using http::field;
using http::status;
using http::verb;

std::string_view view(boost::beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

/// Splits the path from a target. If the target is a URL, it names the host a second time, which
/// must be the same; otherwise the result is empty.
std::string_view path_of(std::string_view target, std::string_view host) {
    if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
        target.remove_prefix(scheme + 3);
        if (!target.starts_with(host)) return {};
        target.remove_prefix(host.size());
        if (target.empty()) return "/";
        if (!target.starts_with('/')) return {};
    }
    return target.substr(0, target.find('?'));
}

const PageFile* find_file(std::string_view path) {
    const auto files = page_files();
    const auto found = std::ranges::find(files, path, &PageFile::path);
    return found == files.end() ? nullptr : &*found;
}

/// Tells whether the browser has a file with this tag.
bool is_unchanged(const HttpRequest& request, std::string_view etag) {
    const auto tags = view(request[field::if_none_match]);
    return tags == "*" || tags.find(etag) != std::string_view::npos;
}

bool has_token(const HttpRequest& request, field name, std::string_view token) {
    return std::ranges::any_of(
        request.equal_range(name).first, request.equal_range(name).second, [&](const auto& field) {
            return http::token_list{field.value()}.exists({token.data(), token.size()});
        });
}

/// Tells whether the key is 16 bytes in base64.
bool is_sound_key(std::string_view key) {
    constexpr std::size_t key_bytes = 16;
    const auto bytes = base::from_base64(key);
    return bytes && bytes->size() == key_bytes;
}

HttpAnswers answers_to(const HttpRequest& request, bool is_secure, bool is_own_host) {
    return HttpAnswers{{.is_secure = is_secure,
                        .host = is_own_host ? view(request[field::host]) : std::string_view{},
                        .is_head = request.method() == verb::head,
                        .closes = !request.keep_alive() || has_body(request)}};
}

}  // namespace

std::optional<HttpAnswer> refuse_upgrade(const HttpRequest& request, const HttpAnswers& answers) {
    if (!has_token(request, field::connection, "upgrade") ||
        !has_token(request, field::upgrade, "websocket")) {
        return answers.status(status::upgrade_required,
                              "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    }
    if (request[field::sec_websocket_version] != "13") {
        return answers.status(status::upgrade_required,
                              "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\n");
    }
    if (!is_sound_key(view(request[field::sec_websocket_key]))) {
        return answers.status(status::bad_request);
    }
    return {};
}

std::optional<HttpAnswer> WebSite::answer(const HttpRequest& request, bool can_log_in) const {
    const auto own = origins_->origin_of(view(request[field::host]));
    if (!own) return refuse(status::bad_request);
    const bool is_own = origins_->is_own(*own, certificate_);
    const HttpAnswers answers = answers_to(request, origins_->is_secure(), is_own);
    if (!is_own) return answers.status(status::misdirected_request);
    if (request.method() != verb::get && request.method() != verb::head) {
        return answers.status(status::method_not_allowed, "Allow: GET, HEAD\r\n");
    }
    if (has_body(request)) return answers.status(status::payload_too_large);
    const std::string_view path = path_of(view(request.target()), view(request[field::host]));
    if (path.empty()) return refuse(status::bad_request);
    if (path == "/ws") return connect(request, answers, *own, can_log_in);
    if (path == "/healthz") {
        return answers.status(can_log_in ? status::ok : status::service_unavailable);
    }
    const PageFile* const file = find_file(path);
    if (file == nullptr) return answers.status(status::not_found);
    return answers.file(*file, is_unchanged(request, file->etag));
}

/// Decides about a WebSocket.
std::optional<HttpAnswer> WebSite::connect(const HttpRequest& request, const HttpAnswers& answers,
                                           std::string_view own, bool can_log_in) const {
    if (request.method() != verb::get) {
        return answers.status(status::method_not_allowed, "Allow: GET\r\n");
    }
    // Programs that are no browsers name no origin.
    if (request.count(field::origin) > 0 &&
        !origins_->may_connect(view(request[field::origin]), own)) {
        return answers.status(status::forbidden);
    }
    if (auto refusal = refuse_upgrade(request, answers)) return refusal;
    if (!can_log_in) return answers.status(status::service_unavailable);
    return {};
}

HttpAnswer WebSite::refuse(status status) const {
    return HttpAnswers{{.is_secure = origins_->is_secure(), .closes = true}}.status(status);
}

}  // namespace belfry::gate
