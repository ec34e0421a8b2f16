#pragma once

#include "base/endpoint.hpp"
#include "gate/request_reader.hpp"

#include <optional>

namespace belfry::gate {

/// Returns the client of a request that came through a reverse proxy: the last address in the last
/// field X-Forwarded-For, which is the one that the proxy has added. Its port is not known. Nothing
/// if there is none.
[[nodiscard]] std::optional<base::Endpoint> forwarded_for(const HttpRequest& request);

}  // namespace belfry::gate
