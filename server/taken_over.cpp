#include "server/taken_over.hpp"

#include "shm/session_slots.hpp"

#include <signal.h>

namespace belfry::server {
namespace {

constexpr std::chrono::seconds patience{1};

}  // namespace

TakenOver::TakenOver(const shm::Segment& segment, std::uint32_t slot) noexcept
    : deadline_{std::chrono::steady_clock::now() + patience} {
    const auto process = shm::claimant(segment, slot);
    if (!process) return;
    process_ = shm::open_process(*process);
    if (process_) shm::send_signal(process_, SIGTERM);
}

bool TakenOver::settle() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (!process_ || shm::wait_for_end(process_, now)) return true;
    if (now < deadline_) return false;
    shm::send_signal(process_, SIGKILL);
    return true;
}

}  // namespace belfry::server
