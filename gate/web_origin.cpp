#include "gate/web_origin.hpp"

#include "base/endpoint.hpp"

#include <algorithm>
#include <openssl/x509v3.h>

namespace belfry::gate {
namespace {

bool is_address(const std::string& host) {
    return base::parse_address(host).has_value();
}

}  // namespace

bool WebOrigins::is_own_host(const WebOrigin& host, X509* certificate) const {
    if (host.host == "localhost" || is_address(host.host)) return true;
    const auto is_listed = [&](const WebOrigin& listed) { return listed.host == host.host; };
    if (std::ranges::any_of(listed_, is_listed)) return true;
    return certificate != nullptr &&
           ::X509_check_host(certificate, host.host.data(), host.host.size(),
                             X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

bool WebOrigins::may_connect(std::string_view text, const WebOrigin& host) const {
    const auto origin = parse_origin(text);
    if (!origin) return false;
    return *origin == host || std::ranges::find(listed_, *origin) != listed_.end();
}

}  // namespace belfry::gate
