#pragma once

#include <string>

namespace belfry::client {

/// Why a connection can no longer be used.
struct Loss {
    enum class Kind : unsigned char {
        broken,     ///< another attempt may succeed
        untrusted,  ///< the certificate of the server does not fit
        no_tls,     ///< the server does not speak TLS
    };

    Kind kind = Kind::broken;
    std::string why = {};
};

}  // namespace belfry::client
