#include "gate/web_origin.hpp"

#include "base/endpoint.hpp"
#include "base/web_origin.hpp"

#include <algorithm>
#include <openssl/x509v3.h>

namespace belfry::gate {
namespace {

/// Returns the host in an origin, which is a name or an address, without brackets.
std::string host_in(std::string_view origin) {
    constexpr std::string_view separator = "://";
    origin.remove_prefix(origin.find(separator) + separator.size());
    if (origin.starts_with('[')) return std::string{origin.substr(1, origin.find(']') - 1)};
    return std::string{origin.substr(0, origin.find(':'))};
}

}  // namespace

std::optional<std::string> WebOrigins::origin_of(std::string_view host) const {
    if (host.ends_with('/')) return {};
    return base::web_origin((is_secure_ ? "https://" : "http://") + std::string{host});
}

bool WebOrigins::is_own(std::string_view origin, X509* certificate) const {
    const std::string host = host_in(origin);
    if (host == "localhost" || base::parse_address(host)) return true;
    const auto is_same = [&](const std::string& listed) { return host_in(listed) == host; };
    if (std::ranges::any_of(listed_, is_same)) return true;
    return certificate != nullptr &&
           ::X509_check_host(certificate, host.data(), host.size(),
                             X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

bool WebOrigins::may_connect(std::string_view page, std::string_view own) const {
    const auto origin = base::web_origin(page);
    return origin && (*origin == own || std::ranges::find(listed_, *origin) != listed_.end());
}

}  // namespace belfry::gate
