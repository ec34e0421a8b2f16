#include "server/refused_login.hpp"

#include "base/clock.hpp"
#include "server/logger.hpp"
#include "server/peer.hpp"
#include "server/rate_limit.hpp"

#include <string>

namespace belfry::server {
namespace {

constexpr std::uint64_t interval_ms = 1000;

/// Tells whether this child may log the refusal. If the clock was set back, it may.
bool may_tell(shm::ServerBlock& server) noexcept {
    const std::uint64_t now = base::unix_ms();
    std::uint64_t told = server.refusals_told_ms.load();
    if (now >= told && now - told < interval_ms) return false;
    return server.refusals_told_ms.compare_exchange_strong(told, now);
}

}  // namespace

void note_refused_login(shm::Segment& segment, std::string_view client_id, wire::ErrorCode code,
                        int socket) noexcept {
    shm::ServerBlock& server = segment.server();
    const std::uint64_t count = server.refused_logins.fetch_add(1) + 1;
    if (!may_tell(server)) return;
    const std::uint64_t told = server.refusals_told.exchange(count);
    const std::uint64_t more = count > told + 1 ? count - told - 1 : 0;
    log_event(LogLevel::warning, "refused a login as " + std::string{client_id} + " from " +
                                     peer_of(socket) + ": " + std::string{wire::name_of(code)} +
                                     RateLimit::text_for(more));
}

}  // namespace belfry::server
