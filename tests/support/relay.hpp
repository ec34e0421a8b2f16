#pragma once

#include "tests/support/raw_client.hpp"

#include <filesystem>
#include <string>

namespace belfry::test {

/// Connects to `gate.sock` in the data directory, in the place of a relay.
[[nodiscard]] RawClient connect_as_relay(const std::filesystem::path& data_dir);

/// What a relay tells about its client. The addresses are four bytes each.
struct ProxyFacts {
    std::string transport = "tls";
    std::string peer{"\xc0\0\2\7", 4};   ///< 192.0.2.7
    std::string local{"\xc0\0\2\1", 4};  ///< 192.0.2.1
    bool is_encrypted = true;
    std::string common_name = {};  ///< of a verified certificate; empty: none
};

/// Returns a PROXY header as the specification describes it. The port of the peer is 40000.
[[nodiscard]] std::string proxy_header(const ProxyFacts& facts = {});

}  // namespace belfry::test
