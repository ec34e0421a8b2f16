#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// The URL of an etcd server.
struct EtcdUrl {
    bool is_tls = false;
    std::string target;  ///< the server, as gRPC names it
};

/// Parses `http://HOST[:PORT]` or `https://HOST[:PORT]`, perhaps with a slash at the end. The
/// default port is 2379. An IPv6 address stands in brackets.
/// @return nothing if the text is anything else
[[nodiscard]] std::optional<EtcdUrl> parse_etcd_url(std::string_view text);

}  // namespace belfry::cluster
