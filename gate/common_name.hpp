#pragma once

#include "gate/openssl.hpp"

#include <string>

namespace belfry::gate {

/// Returns the common name of the certificate that the client of a connection has shown, if an
/// authority of clients has signed it. Empty if there is none, or if the certificate names more
/// than one.
[[nodiscard]] std::string verified_common_name(const SSL* connection);

}  // namespace belfry::gate
