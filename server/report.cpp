#include "server/report.hpp"

#include "cli/complain.hpp"

namespace belfry::server {

void report(std::string_view event) noexcept {
    cli::complain("belfryd", event);
}

}  // namespace belfry::server
