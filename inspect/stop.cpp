#include "inspect/stop.hpp"

#include "shm/data_directory.hpp"
#include "shm/port_file.hpp"
#include "shm/process.hpp"
#include "shm/session_slots.hpp"
#include "store/archiver.hpp"
#include "store/store_error.hpp"
#include "store/store_lock.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

namespace belfry::inspect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds supervisor_patience{30};
constexpr std::chrono::milliseconds session_patience{500};
constexpr std::chrono::seconds death_patience{10};
constexpr std::chrono::seconds drain_patience{30};
constexpr std::chrono::milliseconds alive_retry{5};

/// All sessions, as descriptors.
std::vector<shm::UniqueFd> living_sessions(const shm::Segment& segment) {
    std::vector<shm::UniqueFd> living;
    for (std::size_t entry = shm::first_session_entry; entry < segment.prefix().processes_count;
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

/// A descriptor for each session.
void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void say_stop(const shm::Segment& segment, shm::StopWord word) {
    segment.prefix().stop.store(static_cast<std::uint32_t>(word));
}

/// Asks the archiver that lives to store what is left, and to end.
void end_archiver(shm::Segment& segment) {
    say_stop(segment, shm::StopWord::archiver_drains);
    segment.archiver().wake.wake_everybody();
    shm::ProcessEntry& entry = segment.process(shm::archiver_entry);
    const auto process = shm::revoke_unclaimed(entry) ? std::nullopt : shm::process_in(entry);
    const shm::UniqueFd pidfd = process ? shm::open_process(*process) : shm::UniqueFd{};
    if (!pidfd || shm::wait_for_end(pidfd, Clock::now() + drain_patience)) return;
    shm::send_signal(pidfd, SIGKILL);
    static_cast<void>(shm::wait_for_end(pidfd, Clock::now() + death_patience));
}

/// Stores here what is left, whether or not an archiver has come that far.
void drain(const std::filesystem::path& data_dir, shm::Segment& segment) {
    end_archiver(segment);
    try {
        const auto lock = store::StoreLock::try_take(data_dir);
        if (!lock) throw Refusal{"another process writes the store"};
        store::Archiver archiver{segment, data_dir, *lock, [](const std::string& line) {
                                     std::cerr << "belfryctl: " << line << '\n';
                                 }};
        archiver.start();
        archiver.drain();
    } catch (const store::StoreError& error) {
        throw Refusal{std::string{"not everything could be stored, so the segment is kept: "} +
                      error.what()};
    }
}

/// What the supervisor would have done. A child that was forked and has not claimed its slot yet
/// finds it revoked, and ends by itself.
void stop_on_its_behalf(const std::filesystem::path& data_dir) {
    const shm::DataDirectoryLock lock{data_dir};
    auto found = shm::find_segment(data_dir, boost::interprocess::read_write);
    if (!found) return;
    raise_descriptor_limit();
    say_stop(found->segment, shm::StopWord::sessions_end);
    for (std::uint32_t slot = 0; slot < found->segment.geometry().session_slots; ++slot) {
        static_cast<void>(shm::revoke_unclaimed(found->segment.session_process(slot)));
    }
    end_all(living_sessions(found->segment));
    if (found->segment.has_store()) drain(data_dir, found->segment);
    const auto deadline = Clock::now() + death_patience;
    while (shm::anybody_alive(data_dir)) {
        if (Clock::now() >= deadline) throw Refusal{"a process of the server does not end"};
        std::this_thread::sleep_for(alive_retry);
    }
    shm::remove_port_file(data_dir, found->segment.prefix().port);
    shm::remove_segment(data_dir, found->name);
}

}  // namespace

void stop_server(const std::filesystem::path& data_dir, const shm::FoundSegment& found) {
    const auto supervisor = shm::process_in(found.segment.process(shm::supervisor_entry));
    const shm::UniqueFd process = supervisor ? shm::open_process(*supervisor) : shm::UniqueFd{};
    if (!process) return stop_on_its_behalf(data_dir);
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
    shm::remove_port_file(data_dir, found.segment.prefix().port);
    shm::remove_segment(data_dir, found.name);
}

}  // namespace belfry::inspect
