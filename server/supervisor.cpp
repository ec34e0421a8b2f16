#include "server/supervisor.hpp"

#include "server/logger.hpp"
#include "server/spawn.hpp"
#include "server/start_error.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/process_entry.hpp"
#include "shm/session.hpp"
#include "shm/session_slots.hpp"
#include "shm/session_timeouts.hpp"
#include "wire/version.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace belfry::server {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds login_timeout{10};
constexpr std::chrono::seconds pending_grace{1};  ///< a younger one is not evicted
constexpr milliseconds stop_timeout{500};
constexpr std::array handled_signals{SIGTERM, SIGINT, SIGHUP, SIGCHLD};

/// How many connections are accepted before other events are looked at. A flood of connections that
/// cannot be served would otherwise keep the supervisor from them.
constexpr int max_accepts = 64;

constexpr milliseconds max_wait{1000};  ///< the archiver is looked after
constexpr milliseconds tick{20};        ///< while something waits for its time

/// What an epoll event is about: the listener, the signals, the end of an adopted archiver, or
/// that of an adopted child, by its slot.
constexpr std::uint64_t listener_event = ~0ULL;
constexpr std::uint64_t signal_event = listener_event - 1;
constexpr std::uint64_t archiver_event = listener_event - 2;

void watch(const base::UniqueFd& epoll, int fd, std::uint64_t about) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = about;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == -1) {
        throw StartError{std::string{"cannot watch a descriptor: "} + std::strerror(errno)};
    }
}

base::UniqueFd take_signals() {
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int signal : handled_signals) ::sigaddset(&ours, signal);
    ::sigprocmask(SIG_BLOCK, &ours, nullptr);
    static_cast<void>(::signal(SIGPIPE, SIG_IGN));
    return base::UniqueFd{::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)};
}

base::UniqueFd open_reserve() {
    return base::UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

std::string describe_end(int status) {
    if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Supervisor::Supervisor(shm::Segment& segment, const std::filesystem::path& data_dir,
                       Listener& listener, const base::UniqueFd& alive,
                       const std::vector<base::PlacedFile>& lock_files)
    : segment_{&segment},
      data_dir_{&data_dir},
      listener_{&listener},
      alive_{&alive},
      archiver_{segment, data_dir, alive, lock_files},
      huge_pages_{segment},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      signals_{take_signals()},
      reserve_{open_reserve()},
      children_(segment.geometry().session_slots, &books_) {
    if (!epoll_ || !signals_ || !reserve_) throw StartError{"no file descriptor is left"};
    watch(epoll_, signals_.get(), signal_event);
    watch_listener(true);
    shm::set_version(segment.process(shm::supervisor_entry), wire::version);
    shm::claim_supervision(segment);
    segment.set_stop(shm::StopWord::running);
    segment.prefix().port.store(listener.port());
}

std::size_t Supervisor::adopt() {
    for (auto slot = static_cast<std::uint32_t>(children_.size()); slot-- > 0;) adopt_slot(slot);
    // Whoever died meanwhile may have left others asleep (11), or gone without a word.
    shm::announce_presence(*segment_);
    shm::wake_everybody(*segment_);
    end_unwanted();
    archiver_.begin();
    if (archiver_.fd() != -1) watch(epoll_, archiver_.fd(), archiver_event);
    return living_;
}

void Supervisor::adopt_slot(std::uint32_t slot) {
    SessionChild& child = children_[slot];
    static_cast<Child&>(child) = server::adopt(segment_->session_process(slot));
    if (child.pid == 0) {
        shm::count_death(*segment_, slot);
        shm::reap_slot(*segment_, slot);
        free_slots_.push_back(slot);
        return;
    }
    child.since = Clock::now();
    watch(epoll_, child.pidfd.get(), slot);
    if (is_pending(slot)) pending_.push_back(slot);
    ++living_;
}

void Supervisor::run(const std::function<void()>& reload,
                     const std::function<milliseconds()>& send_heartbeat) {
    while (!stopping_) {
        const bool timed = !listening_ || !refusals_.empty() || archiver_.is_waiting() ||
                           unwanted_end_by_.has_value();
        const bool more_pages = huge_pages_.step();
        const milliseconds until_heartbeat = send_heartbeat();
        wait_for_events(std::min(until_heartbeat, more_pages ? milliseconds{0}
                                                  : timed    ? tick
                                                             : max_wait));
        if (std::exchange(to_reload_, false)) reload();
        refusals_.sweep();
        archiver_.start_if_due();
        archiver_.look_after();
        kill_unwanted_if_due();
        if (!reserve_) reserve_ = open_reserve();
        watch_listener(true);
    }
    watch_listener(false);
    listener_->close();
}

void Supervisor::wait_for_events(milliseconds timeout) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(timeout.count()));
    for (int at = 0; at < count; ++at) {
        const std::uint64_t about = events[static_cast<std::size_t>(at)].data.u64;
        if (about == signal_event) {
            handle_signals();
        } else if (about == listener_event) {
            if (!stopping_) accept_waiting();
        } else if (about == archiver_event) {
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, archiver_.fd(), nullptr);
            archiver_.ended(0);
        } else {
            bury(static_cast<std::uint32_t>(about), 0);
        }
    }
}

void Supervisor::handle_signals() {
    // One of each kind can be pending. Signals that arrive after this read are another event.
    std::array<signalfd_siginfo, handled_signals.size()> pending{};
    const ssize_t bytes = ::read(signals_.get(), pending.data(), sizeof pending);
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)) / sizeof pending[0];
    for (const signalfd_siginfo& info : std::span{pending}.first(count)) {
        if (info.ssi_signo == SIGHUP) {
            to_reload_ = true;
        } else if (info.ssi_signo != SIGCHLD && !std::exchange(stopping_, true)) {
            log_event(LogLevel::info, "stopping: signal " + std::to_string(info.ssi_signo));
        }
    }
    reap_own();
}

// --- Connections ------------------------------------------------------------------------------

/// Called when a connection waits. If too many are silent, the oldest one has to go for it.
/// Connections that still wait after `max_accepts` are another event.
void Supervisor::accept_waiting() {
    if (!has_room() && !evict_oldest_pending()) return watch_listener(false);
    for (int accepted = 0; accepted < max_accepts && has_room(); ++accepted) {
        base::UniqueFd socket = listener_->accept();
        if (socket) {
            serve(std::move(socket));
        } else if (errno == EMFILE || errno == ENFILE) {
            return refuse_without_descriptor();
        } else if (errno != ECONNABORTED && errno != EINTR) {
            // Nobody waits any more, or the system is short of memory: not at once again.
            if (errno != EAGAIN) watch_listener(false);
            return;
        }
    }
}

bool Supervisor::has_room() {
    const std::size_t max_pending = children_.size() - segment_->geometry().max_clients;
    if (pending_.size() >= max_pending) forget_settled();
    return !free_slots_.empty() && pending_.size() < max_pending;
}

void Supervisor::serve(base::UniqueFd socket) {
    const std::uint32_t slot = free_slots_.back();
    Heritage heritage{*segment_, *data_dir_, shm::give_slot(*segment_, slot), std::move(socket),
                      Clock::now() + login_timeout};
    shm::set_version(segment_->session_process(slot), wire::version);
    const pid_t pid = spawn_session(heritage, *alive_);
    if (pid == -1) {
        log_refusal(std::string{"cannot fork: "} + std::strerror(errno));
        return refusals_.refuse(std::move(heritage.socket));
    }
    free_slots_.pop_back();
    children_[slot].pid = pid;
    children_[slot].since = Clock::now();
    slot_of_[pid] = slot;
    pending_.push_back(slot);
    ++living_;
}

/// No descriptor is left for one more connection: the reserve makes room to say so.
void Supervisor::refuse_without_descriptor() {
    reserve_.reset();
    base::UniqueFd socket = listener_->accept();
    if (socket) {
        log_refusal("no file descriptor is left for one more connection");
        refusals_.refuse(std::move(socket));
    }
    watch_listener(false);  // until the next tick
}

void Supervisor::watch_listener(bool wanted) {
    if (wanted == listening_) return;
    listening_ = wanted;
    if (wanted) return watch(epoll_, listener_->fd(), listener_event);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_->fd(), nullptr);
}

// --- Pending ----------------------------------------------------------------------------------

bool Supervisor::is_pending(std::uint32_t slot) const noexcept {
    return children_[slot].pid != 0 && !shm::is_logged_in(*segment_, slot);
}

void Supervisor::forget_settled() noexcept {
    std::erase_if(pending_, [this](std::uint32_t slot) { return !is_pending(slot); });
}

/// Asks the oldest silent connection to go. @return false: none is old enough
bool Supervisor::evict_oldest_pending() noexcept {
    forget_settled();
    if (pending_.empty()) return false;
    const SessionChild& oldest = children_[pending_.front()];
    if (Clock::now() < oldest.since + pending_grace) return false;
    oldest.signal(SIGTERM);
    pending_.pop_front();
    return true;
}

// --- Deaths -----------------------------------------------------------------------------------

void Supervisor::reap_own() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == archiver_.pid()) {
            archiver_.ended(status);
            continue;
        }
        const auto found = slot_of_.find(pid);
        if (found == slot_of_.end()) continue;
        const std::uint32_t slot = found->second;
        slot_of_.erase(found);
        bury(slot, status);
    }
}

void Supervisor::bury(std::uint32_t slot, int status) {
    SessionChild& child = children_[slot];
    if (child.pid == 0) return;
    // A child that is just being forked may hold a copy of the pidfd, which would keep it watched.
    if (child.pidfd) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, child.pidfd.get(), nullptr);
    const bool was_online = shm::count_death(*segment_, slot);
    if (!stopping_ && (status != 0 || was_online)) log_death(slot, status);
    child = {};
    shm::reap_slot(*segment_, slot);
    free_slots_.push_back(slot);
    std::erase(pending_, slot);
    --living_;
}

/// The status of one that was taken over is not known.
void Supervisor::log_death(std::uint32_t slot, int status) const {
    const std::uint32_t client = segment_->session(slot).client.load();
    std::string who = "session " + std::to_string(children_[slot].pid);
    if (client != 0) who += " of client " + std::string{shm::name_of(*segment_, client - 1)};
    log_event(LogLevel::warning, who + " " + (status != 0 ? describe_end(status) : "has died"));
}

void Supervisor::log_refusal(const std::string& why) {
    if (const auto more = refusing_.pass())
        log_event(LogLevel::error, why + RateLimit::text_for(*more));
}

void Supervisor::end_unwanted() noexcept {
    signal_unwanted(SIGTERM);
    unwanted_end_by_ = Clock::now() + shm::kill_timeout;
}

void Supervisor::kill_unwanted_if_due() noexcept {
    if (!unwanted_end_by_ || Clock::now() < *unwanted_end_by_) return;
    signal_unwanted(SIGKILL);
    unwanted_end_by_.reset();
}

void Supervisor::signal_unwanted(int signal) noexcept {
    for (std::uint32_t slot = 0; slot < children_.size(); ++slot) {
        if (children_[slot].pid != 0 && shm::is_unwanted(*segment_, slot)) {
            children_[slot].signal(signal);
        }
    }
}

void Supervisor::signal_all(int signal) noexcept {
    for (const SessionChild& child : children_) {
        if (child.pid != 0) child.signal(signal);
    }
}

void Supervisor::stop_sessions() {
    stopping_ = true;
    segment_->set_stop(shm::StopWord::sessions_end);
    signal_all(SIGTERM);
    const auto deadline = Clock::now() + stop_timeout;
    while (living_ > 0 && Clock::now() < deadline) wait_for_events(tick);
    signal_all(SIGKILL);
    while (living_ > 0) wait_for_events(tick);
}

}  // namespace belfry::server
