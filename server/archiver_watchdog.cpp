#include "server/archiver_watchdog.hpp"

#include "base/process.hpp"
#include "daemon/logger.hpp"
#include "shm/news.hpp"
#include "shm/process_entry.hpp"
#include "wire/version.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace belfry::server {
namespace {

/// An archiver that drains and stores nothing for this long hangs, and is killed.
constexpr std::chrono::seconds drain_timeout{10};

constexpr std::chrono::seconds look_interval{1};

/// How many archivers may try to drain, since each may be killed. An archiver that cannot use the
/// store logs that and exits, and no further one tries.
constexpr int drain_tries = 5;

/// How far the archiver has come: the newest stored message, and the head of the outbox.
using Progress = std::pair<std::uint64_t, std::uint64_t>;

Progress progress(const shm::Segment& segment) noexcept {
    const std::uint64_t stored = segment.log().stored_id.load();
    return {stored, segment.is_in_cluster() ? segment.outbox().head.load() : 0};
}

}  // namespace

ArchiverWatchdog::ArchiverWatchdog(shm::Segment& segment, std::filesystem::path data_dir,
                                   const base::UniqueFd& alive,
                                   const std::vector<base::PlacedFile>& lock_files,
                                   std::optional<ReplicaCommand> replica)
    : segment_{&segment},
      data_dir_{std::move(data_dir)},
      alive_{&alive},
      lock_files_{&lock_files},
      replica_{std::move(replica)} {}

void ArchiverWatchdog::begin() {
    if (!segment_->has_store()) return;
    archiver_ = adopt(segment_->process(shm::archiver_entry));
    if (archiver_.pid != 0 && is_outdated()) replace();
    if (archiver_.pid == 0) start();
}

/// Tells whether an adopted replica is of another version than this program, or was started with
/// other options. It may not understand what the cluster needs now, or not reach the engine.
bool ArchiverWatchdog::is_outdated() const {
    return replica_ && (replica_->is_changed ||
                        shm::version_in(segment_->process(shm::archiver_entry)) != wire::version);
}

/// Ends an adopted replica. It may be killed at any time, and the sessions go on.
void ArchiverWatchdog::replace() {
    log_event(LogLevel::info,
              "the running replica is of another version or has other options; replacing it");
    archiver_.signal(SIGKILL);
    static_cast<void>(base::wait_for_end(archiver_.pidfd, Clock::now() + drain_timeout));
    forget();
}

void ArchiverWatchdog::start() {
    const std::uint32_t generation = shm::raise_generation(segment_->process(shm::archiver_entry));
    if (segment_->store_state() == shm::StoreState::drained) {
        // An earlier stop was not completed.
        segment_->set_store_state(shm::StoreState::works);
    }
    shm::set_version(segment_->process(shm::archiver_entry), wire::version);
    archiver_.pid = spawn(generation);
    if (archiver_.pid != -1) return delay_.started(Clock::now());
    log_event(LogLevel::error, "cannot fork " + name() + ": " + std::strerror(errno));
    archiver_ = {};
    delay_.not_started(Clock::now());
}

/// @return as fork(2)
pid_t ArchiverWatchdog::spawn(std::uint32_t generation) {
    if (!replica_) {
        return spawn_archiver({*segment_, data_dir_, *lock_files_, generation}, *alive_);
    }
    const auto level = static_cast<LogLevel>(segment_->server().log_level.load());
    return spawn_replica(*replica_, generation, level, *alive_);
}

void ArchiverWatchdog::ended(int status) {
    forget();
    ++segment_->server().archiver_restarts;
    log_event(LogLevel::warning,
              name() + (RestartDelay::was_killed(status) ? " was killed" : " has ended") +
                  "; starting another one");
    delay_.ended(status, Clock::now());
    start_if_due();
}

void ArchiverWatchdog::forget() noexcept {
    archiver_ = {};
    shm::raise_generation(segment_->process(shm::archiver_entry));
    shm::wake_everybody(*segment_);  // (11)
}

void ArchiverWatchdog::look_after() noexcept {
    if (archiver_.pid == 0 || Clock::now() < next_look_) return;
    next_look_ = Clock::now() + look_interval;
    if (is_idle() || !base::is_stopped(archiver_.pid)) return;
    log_event(LogLevel::warning, name() + " is stopped while messages wait for it; killing it");
    archiver_.signal(SIGKILL);
}

void ArchiverWatchdog::start_if_due() {
    if (delay_.is_due(Clock::now())) start();
}

bool ArchiverWatchdog::drain() {
    if (!segment_->has_store()) return true;
    segment_->set_stop(shm::StopWord::archiver_drains);
    for (int tries = 0; tries < drain_tries; ++tries) {
        if (archiver_.pid == 0) start();
        shm::wake_archiver(*segment_);
        if (archiver_.pid != 0) wait_for_end();
        if (is_drained()) return true;
        if (cannot_drain()) return false;
    }
    return false;
}

/// Waits until the archiver exits, and kills it if it stores nothing for a long time.
void ArchiverWatchdog::wait_for_end() noexcept {
    const base::UniqueFd process =
        archiver_.pidfd ? std::move(archiver_.pidfd) : base::open_pidfd(archiver_.pid);
    Progress before{};
    do {
        before = progress(*segment_);
        if (base::wait_for_end(process, Clock::now() + drain_timeout)) return reap();
    } while (progress(*segment_) != before);
    base::send_signal(process, SIGKILL);
    static_cast<void>(base::wait_for_end(process, Clock::now() + drain_timeout));
    reap();
}

/// Reaps the archiver. waitpid() fails for an adopted one, which is not a child of this process.
void ArchiverWatchdog::reap() noexcept {
    ::waitpid(archiver_.pid, nullptr, WNOHANG);
    forget();
}

/// Tells whether nothing waits for the archiver.
bool ArchiverWatchdog::is_idle() const noexcept {
    const shm::LogHeader& log = segment_->log();
    if (log.stored_id.load() != log.last_id.load()) return false;
    return !replica_ || segment_->outbox().head.load() == segment_->outbox().end.load();
}

bool ArchiverWatchdog::is_drained() const noexcept {
    return segment_->store_state() == shm::StoreState::drained && is_idle();
}

/// Tells whether another archiver would not get any further: the store fails, or the engine is
/// away.
bool ArchiverWatchdog::cannot_drain() const noexcept {
    if (segment_->store_state() == shm::StoreState::fails) return true;
    if (!replica_) return false;
    const auto state = static_cast<shm::ClusterState>(segment_->cluster().state.load());
    return state == shm::ClusterState::no_engine || state == shm::ClusterState::stopped;
}

}  // namespace belfry::server
