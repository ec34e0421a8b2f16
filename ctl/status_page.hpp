#pragma once

#include "ctl/status.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The page that a person reads, by `status` and `top`. Every line is ASCII.
namespace belfry::ctl {

/// All but the clients.
[[nodiscard]] std::vector<std::string> head_lines(const Status& status);

/// What stands above the clients.
[[nodiscard]] std::string client_heading();

/// @param now_ms Unix time
[[nodiscard]] std::string client_line(const ClientStatus& client, std::uint64_t now_ms);

}  // namespace belfry::ctl
