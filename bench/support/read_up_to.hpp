#pragma once

#include "bench/support/connection.hpp"

#include <string_view>

namespace belfry::bench {

/// Reads whole lines until one begins with `beginning`. Nothing may follow that line.
/// @throws test::Failure
void read_up_to(const Connection& connection, std::string_view beginning);

}  // namespace belfry::bench
