#pragma once

#include "shm/segment.hpp"
#include "wire/error_code.hpp"

#include <string_view>

namespace belfry::server {

/// Counts a login that was refused. At most once a second a line says so, whichever child it is,
/// and how many there were since the last one. By a session child.
void note_refused_login(shm::Segment& segment, std::string_view client_id, wire::ErrorCode code,
                        int socket) noexcept;

}  // namespace belfry::server
