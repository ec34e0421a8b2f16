#include "client/complain.hpp"

#include "cli/complain.hpp"

namespace belfry::client {

void complain(std::string_view text) noexcept {
    cli::complain("belfry", text);
}

}  // namespace belfry::client
