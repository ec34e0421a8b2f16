#pragma once

#include <functional>
#include <string_view>

namespace belfry::terminal {

/// cli::complain() of the program belfry, or whoever listens instead.
void complain(std::string_view text);

/// Who listens from now on; null: nobody does. Where standard error is no terminal it gets the
/// lines all the same.
void complain_to(std::function<void(std::string_view text)> listener);

}  // namespace belfry::terminal
