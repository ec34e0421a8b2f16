#pragma once

#include "bench/support/connection.hpp"

#include <string_view>

namespace belfry::bench {

/// Reads whole lines until one begins like that; nothing may come behind it.
/// @throws test::Failure
void read_up_to(const Connection& connection, std::string_view beginning);

}  // namespace belfry::bench
