#pragma once

#include <functional>
#include <string_view>

namespace belfry::terminal {

/// cli::warn() of the program belfry, or whoever listens instead.
void warn(std::string_view text);

/// Who listens from now on; null: nobody does. Where standard error is no terminal it gets the
/// lines all the same.
void redirect_warnings(std::function<void(std::string_view text)> listener);

}  // namespace belfry::terminal
