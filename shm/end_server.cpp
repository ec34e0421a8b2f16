#include "shm/end_server.hpp"

#include "shm/data_directory.hpp"
#include "shm/news.hpp"
#include "shm/process_entry.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace belfry::shm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds session_timeout{500};
constexpr std::chrono::seconds archiver_timeout{30};
constexpr std::chrono::seconds death_timeout{10};
constexpr std::chrono::milliseconds alive_retry{5};

}  // namespace

bool end_sessions(const Segment& segment) {
    base::raise_descriptor_limit();
    segment.set_stop(StopWord::sessions_end);
    std::vector<base::UniqueFd> sessions;
    for (std::size_t entry = first_session_entry; entry < segment.process_count(); ++entry) {
        Claimant session = open_claimant(segment.process(entry));
        if (session.pidfd) sessions.push_back(std::move(session.pidfd));
    }
    for (const auto& session : sessions) base::send_signal(session, SIGTERM);
    const auto asked_until = Clock::now() + session_timeout;
    for (const auto& session : sessions) {
        if (!base::wait_for_end(session, asked_until)) base::send_signal(session, SIGKILL);
    }
    const auto deadline = Clock::now() + death_timeout;
    return std::ranges::all_of(sessions, [&](const base::UniqueFd& session) {
        return base::wait_for_end(session, deadline);
    });
}

void end_archiver(const Segment& segment) {
    segment.set_stop(StopWord::archiver_drains);
    // In another layout the condition is elsewhere; the archiver reads the stop word every second.
    if (segment.is_whole()) wake_archiver(segment);
    const base::UniqueFd archiver = open_claimant(segment.process(archiver_entry)).pidfd;
    if (!archiver || base::wait_for_end(archiver, Clock::now() + archiver_timeout)) return;
    base::send_signal(archiver, SIGKILL);
    static_cast<void>(base::wait_for_end(archiver, Clock::now() + death_timeout));
}

bool wait_for_nobody(const std::filesystem::path& data_dir) {
    const auto deadline = Clock::now() + death_timeout;
    while (anybody_alive(data_dir)) {
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(alive_retry);
    }
    return true;
}

}  // namespace belfry::shm
