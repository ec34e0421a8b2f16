#pragma once

#include <string>
#include <string_view>

namespace belfry::server {

/// Prints records, which are MSG frames one behind the other, as PAST frames.
void print_past(std::string& out, std::string_view records);

}  // namespace belfry::server
