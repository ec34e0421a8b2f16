#pragma once

#include <string_view>

namespace belfry::server {

/// Says one event in one line on standard error: cli::complain() of the program belfryd.
void report(std::string_view event) noexcept;

}  // namespace belfry::server
