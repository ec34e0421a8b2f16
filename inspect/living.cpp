#include "inspect/living.hpp"

#include "shm/process.hpp"
#include "shm/process_entry.hpp"

namespace belfry::inspect {

pid_t living(const shm::ProcessEntry& entry) noexcept {
    const auto process = shm::process_in(entry);
    return process && shm::open_process(*process) ? process->pid : 0;
}

bool anybody_lives(const shm::Segment& segment) noexcept {
    for (const std::size_t entry : {shm::supervisor_entry, shm::archiver_entry}) {
        if (living(segment.process(entry)) != 0) return true;
    }
    for (std::uint32_t slot = 0; slot < segment.geometry().session_slots; ++slot) {
        if (living(segment.session_process(slot)) != 0) return true;
    }
    return false;
}

}  // namespace belfry::inspect
