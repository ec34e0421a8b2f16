#pragma once

#include <string_view>

namespace belfry::client {

/// cli::complain() of the program belfry.
void complain(std::string_view text) noexcept;

}  // namespace belfry::client
