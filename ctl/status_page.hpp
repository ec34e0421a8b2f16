#pragma once

#include "ctl/status.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The lines of `status` and `top`, for people. All of them are ASCII.
namespace belfry::ctl {

/// Returns the lines above the table of clients.
[[nodiscard]] std::vector<std::string> head_lines(const Status& status);

/// Returns the heading of the table of clients.
[[nodiscard]] std::string client_heading();

/// Returns the line of a client. @param now_ms Unix time
[[nodiscard]] std::string client_line(const ClientStatus& client, std::uint64_t now_ms);

}  // namespace belfry::ctl
