#include "ctl/liveness.hpp"

#include "shm/process_entry.hpp"

namespace belfry::ctl {

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

}  // namespace belfry::ctl
