#pragma once

#include "shm/segment.hpp"
#include "wire/error_code.hpp"

#include <string_view>

namespace belfry::server {

/// Counts a refused login, and logs it. All children together log at most one line a second, which
/// also tells how many logins were refused since the line before. A session child calls it.
void note_refused_login(shm::Segment& segment, std::string_view client_id, wire::ErrorCode code,
                        int socket) noexcept;

}  // namespace belfry::server
