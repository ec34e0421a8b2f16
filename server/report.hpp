#pragma once

#include <string_view>

namespace belfry::server {

/// Says one event in one line on standard error, in one write, so that lines of several
/// processes do not mix. Any process, any thread.
void report(std::string_view event) noexcept;

}  // namespace belfry::server
