#include "ctl/liveness.hpp"

#include "base/process.hpp"
#include "shm/process_entry.hpp"

namespace belfry::ctl {
namespace {

constexpr std::chrono::seconds scan_interval{1};

}  // namespace

pid_t live_pid(const shm::ProcessEntry& entry) noexcept {
    const shm::Claimant named = shm::open_named(entry);
    return named.pidfd ? named.pid : 0;
}

bool is_anybody_alive(const shm::Segment& segment) noexcept {
    for (const std::size_t entry : {shm::supervisor_entry, shm::archiver_entry}) {
        if (live_pid(segment.process(entry)) != 0) return true;
    }
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        if (live_pid(segment.session_process(slot)) != 0) return true;
    }
    return false;
}

bool ServerMonitor::is_server_alive() {
    const auto now = std::chrono::steady_clock::now();
    if (supervisor_ && !base::wait_for_end(supervisor_, now)) return true;
    supervisor_.reset();
    if (now < next_scan_) return true;
    next_scan_ = now + scan_interval;
    open_supervisor();  // a new one may have taken over
    return supervisor_ || is_anybody_alive(segment_);
}

void ServerMonitor::open_supervisor() {
    supervisor_ = shm::open_named(segment_.process(shm::supervisor_entry)).pidfd;
}

}  // namespace belfry::ctl
