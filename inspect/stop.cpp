#include "inspect/stop.hpp"

#include "shm/data_directory.hpp"
#include "shm/process.hpp"
#include "shm/session_slots.hpp"

#include <signal.h>

#include <chrono>
#include <vector>

namespace belfry::inspect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds supervisor_patience{30};
constexpr std::chrono::milliseconds session_patience{500};
constexpr std::chrono::seconds death_patience{10};

/// All processes of the frozen table but the supervisor, as descriptors.
std::vector<shm::UniqueFd> living_children(const shm::Segment& segment) {
    std::vector<shm::UniqueFd> living;
    for (std::size_t entry = shm::archiver_entry; entry < segment.prefix().processes_count;
         ++entry) {
        const auto process = shm::process_in(segment.process(entry));
        if (!process) continue;
        if (auto pidfd = shm::open_process(*process)) living.push_back(std::move(pidfd));
    }
    return living;
}

void end_all(const std::vector<shm::UniqueFd>& processes) {
    for (const auto& process : processes) shm::send_signal(process, SIGTERM);
    const auto asked_until = Clock::now() + session_patience;
    for (const auto& process : processes) {
        if (!shm::wait_for_end(process, asked_until)) shm::send_signal(process, SIGKILL);
    }
    for (const auto& process : processes) {
        if (!shm::wait_for_end(process, Clock::now() + death_patience)) {
            throw Refusal{"a process of the server does not end"};
        }
    }
}

/// What the supervisor would have done.
void stop_on_its_behalf(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const shm::DataDirectoryLock lock{data_dir};
    found.segment.prefix().stop.store(1);
    end_all(living_children(found.segment));
    shm::remove_segment(data_dir, found.name);
}

}  // namespace

void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const auto supervisor = shm::process_in(found.segment.process(shm::supervisor_entry));
    const shm::UniqueFd process = supervisor ? shm::open_process(*supervisor) : shm::UniqueFd{};
    if (!process) return stop_on_its_behalf(data_dir, found);
    shm::send_signal(process, SIGTERM);
    if (!shm::wait_for_end(process, Clock::now() + supervisor_patience)) {
        throw Refusal{"the server (process " + std::to_string(supervisor->pid) + ") does not end"};
    }
}

void remove_dead_segment(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const shm::DataDirectoryLock lock{data_dir};
    if (shm::anybody_alive(data_dir)) {
        throw Refusal{"the server in " + data_dir.string() +
                      " lives: sessions of it are running; use belfryctl stop"};
    }
    shm::remove_segment(data_dir, found.name);
}

}  // namespace belfry::inspect
