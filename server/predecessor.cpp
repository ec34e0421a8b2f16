#include "server/predecessor.hpp"

#include "base/process.hpp"
#include "shm/session_timeouts.hpp"

#include <signal.h>

namespace belfry::server {

Predecessor::Predecessor(const shm::Segment& segment, const shm::OnlineSession& session) noexcept
    : process_{shm::open_session(segment, session)},
      deadline_{std::chrono::steady_clock::now() + shm::kill_timeout} {
    if (process_) base::send_signal(process_, SIGTERM);
}

void Predecessor::wait() noexcept {
    if (!process_ || base::wait_for_end(process_, deadline_)) return;
    base::send_signal(process_, SIGKILL);
}

bool Predecessor::kill_if_due() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (!process_ || base::wait_for_end(process_, now)) return true;
    if (now < deadline_) return false;
    base::send_signal(process_, SIGKILL);
    return true;
}

}  // namespace belfry::server
