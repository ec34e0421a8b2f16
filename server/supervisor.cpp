#include "server/supervisor.hpp"

#include "daemon/epoll.hpp"
#include "daemon/logger.hpp"
#include "server/start_error.hpp"
#include "shm/news.hpp"
#include "shm/process_entry.hpp"
#include "shm/session_slots.hpp"
#include "shm/session_timeouts.hpp"
#include "wire/version.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace belfry::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds stop_timeout{500};

/// How many events one turn of the loop handles. It is more than the number of connections that one
/// turn accepts, so that a flood cannot make events faster than they are handled.
constexpr std::size_t max_events = 1024;

constexpr milliseconds idle_wait{1000};  ///< how often the archiver is checked
constexpr milliseconds tick{20};         ///< how often things with a deadline are checked

/// An epoll event concerns the connections, the signals, the exit of an adopted archiver, reports
/// of the gate, or the exit of the adopted child in a slot.
constexpr std::uint64_t signal_event = ~0ULL;
constexpr std::uint64_t archiver_event = signal_event - 1;
constexpr std::uint64_t report_event = signal_event - 2;

void watch(const base::UniqueFd& epoll, int fd, std::uint64_t event) {
    if (watch_descriptor(epoll, fd, event)) return;
    throw StartError{std::string{"cannot watch a descriptor: "} + std::strerror(errno)};
}

}  // namespace

Supervisor::Supervisor(shm::Segment& segment, const std::filesystem::path& data_dir,
                       Listener& listener, Gate* gate, std::size_t max_waiting,
                       const base::UniqueFd& alive, const std::vector<base::PlacedFile>& lock_files,
                       auth::KnownClients& clients, std::optional<ReplicaCommand> replica)
    : segment_{&segment},
      gate_{gate},
      sandbox_{sandbox::ProcessKind::session, {data_dir, "/proc"}},
      archiver_{segment, data_dir, alive, lock_files, std::move(replica)},
      huge_pages_{segment},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      children_{segment, limits_},
      connections_{{segment, data_dir, alive, epoll_, children_, limits_, sandbox_, clients},
                   listener,
                   gate == nullptr ? nullptr : &gate->relays,
                   max_waiting} {
    if (!epoll_ || signals_.fd() == -1) throw StartError{"no file descriptor is left"};
    watch(epoll_, signals_.fd(), signal_event);
    if (gate_ != nullptr) watch(epoll_, gate_->watchdog.fd(), report_event);
    shm::set_version(segment.process(shm::supervisor_entry), wire::version);
    shm::claim_supervision(segment);
    segment.set_stop(shm::StopWord::running);
    segment.prefix().port.store(listener.port());
}

std::size_t Supervisor::adopt() {
    for (std::uint32_t slot = children_.slots(); slot-- > 0;) {
        children_.adopt(slot);
        if (const int fd = children_.fd(slot); fd != -1) watch(epoll_, fd, slot);
    }
    // Processes that died meanwhile may have left others asleep (11), and have not announced that
    // their clients are offline.
    shm::announce_presence(*segment_);
    shm::wake_everybody(*segment_);
    end_unwanted();
    archiver_.begin();
    if (archiver_.fd() != -1) watch(epoll_, archiver_.fd(), archiver_event);
    return children_.size();
}

void Supervisor::run(const std::function<void()>& reload,
                     const std::function<milliseconds()>& send_heartbeat) {
    while (!stopping_) {
        const bool more_pages = huge_pages_.step();
        const milliseconds until_heartbeat = send_heartbeat();
        wait_for_events(std::min(until_heartbeat, more_pages ? milliseconds{0} : max_wait()));
        if (std::exchange(to_reload_, false)) reload();
        connections_.turn();
        archiver_.start_if_due();
        archiver_.look_after();
        kill_unwanted_if_due();
        if (gate_ != nullptr) gate_->look_after();
    }
    connections_.close();
    if (gate_ != nullptr) gate_->stop();
}

milliseconds Supervisor::max_wait() const {
    const bool timed = archiver_.is_waiting() || unwanted_end_by_.has_value() ||
                       (gate_ != nullptr && gate_->watchdog.is_waiting());
    return std::min(timed ? tick : idle_wait, connections_.max_wait());
}

void Supervisor::wait_for_events(milliseconds timeout) {
    std::array<epoll_event, max_events> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(timeout.count()));
    for (int at = 0; at < count; ++at) handle(events[static_cast<std::size_t>(at)].data.u64);
}

void Supervisor::handle(std::uint64_t event) {
    if (event == signal_event) return handle_signals();
    if (Connections::is_event(event)) {
        if (!stopping_) connections_.handle(event);
        return;
    }
    if (event == report_event) return gate_->watchdog.read_reports();
    if (event == archiver_event) {
        unwatch_descriptor(epoll_, archiver_.fd());
        return archiver_.ended(0);
    }
    const auto slot = static_cast<std::uint32_t>(event);
    unwatch_descriptor(epoll_, children_.fd(slot));
    children_.bury_adopted(slot);
}

void Supervisor::handle_signals() {
    const ServiceSignals::Pending pending = signals_.read();
    to_reload_ = to_reload_ || pending.reload;
    if (pending.termination != 0 && !std::exchange(stopping_, true)) {
        children_.expect_deaths();
        if (gate_ != nullptr) gate_->watchdog.expect_end();
        log_event(LogLevel::info, "stopping on signal " + std::to_string(pending.termination));
    }
    reap();
}

void Supervisor::reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == archiver_.pid()) {
            archiver_.ended(status);
        } else if (gate_ != nullptr && pid == gate_->watchdog.pid()) {
            gate_->watchdog.ended(status);
        } else {
            children_.bury_own(pid, status);
        }
    }
}

// --- Ends -------------------------------------------------------------------------------------

void Supervisor::reload_gate() {
    if (gate_ != nullptr) gate_->watchdog.reload();
}

void Supervisor::end_unwanted() noexcept {
    children_.signal_unwanted(SIGTERM);
    unwanted_end_by_ = Clock::now() + shm::kill_timeout;
}

void Supervisor::kill_unwanted_if_due() noexcept {
    if (!unwanted_end_by_ || Clock::now() < *unwanted_end_by_) return;
    children_.signal_unwanted(SIGKILL);
    unwanted_end_by_.reset();
}

void Supervisor::stop_sessions() {
    stopping_ = true;
    children_.expect_deaths();
    segment_->set_stop(shm::StopWord::sessions_end);
    children_.signal_all(SIGTERM);
    const auto deadline = Clock::now() + stop_timeout;
    while (children_.size() > 0 && Clock::now() < deadline) wait_for_events(tick);
    children_.signal_all(SIGKILL);
    while (children_.size() > 0) wait_for_events(tick);
}

}  // namespace belfry::server
