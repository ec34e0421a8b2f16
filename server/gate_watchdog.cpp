#include "server/gate_watchdog.hpp"

#include "base/process.hpp"
#include "cli/command_line.hpp"
#include "server/start_error.hpp"
#include "shm/process_entry.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <utility>

namespace belfry::server {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds ready_timeout{10};

/// How long a gate may take to exit after SIGTERM.
constexpr std::chrono::seconds term_timeout{1};

constexpr std::size_t max_report = 4096;

constexpr std::chrono::hours warning_interval{24};
constexpr std::chrono::hours expiry_warning{14 * 24};

/// Removes the word from the front of the text, if it is there.
bool take_word(std::string_view& text, std::string_view word) noexcept {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

/// Returns `2026-11-30`.
std::string date_of(std::chrono::seconds unix_time) {
    const std::time_t time = unix_time.count();
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

}  // namespace

GateWatchdog::GateWatchdog(shm::Segment& segment, GateOptions options, std::filesystem::path socket,
                           GateSockets listening, LogFormat log_format)
    : segment_{&segment},
      program_{gate_program()},
      options_{std::move(options)},
      socket_{std::move(socket)},
      listening_{listening},
      log_format_{log_format} {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == -1) {
        throw StartError{std::string{"cannot make a pair of sockets: "} + std::strerror(errno)};
    }
    reports_ = base::UniqueFd{ends[0]};
    supervisor_ = base::UniqueFd{ends[1]};
}

// --- Life -------------------------------------------------------------------------------------

void GateWatchdog::begin() {
    start();
    if (gate_.pid == 0) throw StartError{"cannot start the gate"};
    wait_until_ready();
}

void GateWatchdog::start() {
    const auto level = static_cast<LogLevel>(segment_->server().log_level.load());
    gate_.pid = spawn_gate(
        {program_, options_, socket_, listening_, supervisor_.get(), level, log_format_});
    ready_ = false;
    reload_due_ = false;  // it reads the files now
    const auto now = Clock::now();
    ready_by_ = now + ready_timeout;
    if (gate_.pid != -1) {
        delay_.started(now);
        // If this process is killed before this store, the gate is in no entry, and ends by itself.
        return shm::enter(segment_->gate_process(), gate_.pid);
    }
    log_event(LogLevel::error, std::string{"cannot fork the gate: "} + std::strerror(errno));
    gate_ = {};
    delay_.not_started(now);
}

void GateWatchdog::wait_until_ready() {
    const base::UniqueFd process = base::open_pidfd(gate_.pid);
    while (!ready_) {
        const auto left = std::chrono::ceil<milliseconds>(ready_by_ - Clock::now()).count();
        if (left <= 0) throw StartError{"the gate is not ready after 10 seconds"};
        std::array<pollfd, 2> watched{pollfd{reports_.get(), POLLIN, 0},
                                      pollfd{process.get(), POLLIN, 0}};
        ::poll(watched.data(), watched.size(), static_cast<int>(left));
        read_reports();
        if (!error_.empty()) throw cli::UsageError{error_};
        if (!ready_ && watched[1].revents != 0) {
            throw StartError{"the gate has ended before it was ready"};
        }
    }
}

void GateWatchdog::ended(int status) {
    read_reports();  // The last one may tell why it has ended.
    unread_.clear();
    forget();
    if (end_is_expected_) return;
    if (error_.empty()) {
        log_event(LogLevel::warning, RestartDelay::was_killed(status)
                                         ? "the gate was killed; starting another one"
                                         : "the gate has ended; starting another one");
    }
    delay_.ended(status, Clock::now());
    look_after();
}

void GateWatchdog::forget() noexcept {
    gate_ = {};
    ready_ = false;
    shm::raise_generation(segment_->gate_process());
}

void GateWatchdog::look_after() {
    if (delay_.is_due(Clock::now())) start();
    if (gate_.pid != 0 && !ready_ && Clock::now() >= ready_by_) {
        log_event(LogLevel::error, "the gate is not ready after 10 seconds; killing it");
        ready_by_ = Clock::now() + ready_timeout;  // not again in each turn
        gate_.signal(SIGKILL);
    }
    warn_of_expiry();
}

void GateWatchdog::reload() {
    if (ready_) return gate_.signal(SIGHUP);
    reload_due_ = true;  // A gate that is not ready yet may not handle the signal.
}

void GateWatchdog::stop() noexcept {
    if (gate_.pid == 0) return;
    // A gate that cannot be opened, because no descriptor is left, ends with its supervisor.
    static_cast<void>(base::end_process(base::open_pidfd(gate_.pid), term_timeout));
    ::waitpid(gate_.pid, nullptr, WNOHANG);
    forget();
}

// --- Reports ----------------------------------------------------------------------------------

void GateWatchdog::read_reports() {
    std::array<char, max_report> bytes;
    const ssize_t count = ::recv(reports_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    unread_.append(bytes.data(), static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = unread_.find('\n')) != std::string::npos;) {
        handle(std::string_view{unread_}.substr(0, end));
        unread_.erase(0, end + 1);
    }
    if (unread_.size() > max_report) unread_.clear();
}

void GateWatchdog::handle(std::string_view report) {
    if (take_word(report, "ready ")) {
        std::uint64_t expires_s = 0;
        std::from_chars(report.data(), report.data() + report.size(), expires_s);
        use_certificate(std::chrono::seconds{expires_s});
    } else if (take_word(report, "kept ")) {
        log_event(LogLevel::error, "the gate keeps its certificate: " + std::string{report});
    } else if (take_word(report, "error ") && error_ != report) {
        error_ = report;
        // At the start of the server, belfryd ends with this error.
        if (has_started_) log_event(LogLevel::error, "the gate cannot start: " + error_);
    }
}

void GateWatchdog::use_certificate(std::chrono::seconds expires) {
    const bool was_ready = std::exchange(ready_, true);
    has_started_ = true;
    error_.clear();
    const auto expires_ms = static_cast<std::uint64_t>(milliseconds{expires}.count());
    if (segment_->server().certificate_expires_ms.exchange(expires_ms) != expires_ms) {
        next_warning_ = {};
    }
    if (was_ready && options_.certificate) {
        log_event(LogLevel::info, "reloaded the certificate " + options_.certificate->string() +
                                      ", which expires on " + date_of(expires));
    }
    if (std::exchange(reload_due_, false)) reload();
}

void GateWatchdog::warn_of_expiry() {
    const milliseconds expires_ms{segment_->server().certificate_expires_ms.load()};
    if (!options_.certificate || expires_ms.count() == 0 || Clock::now() < next_warning_) return;
    const auto expires = std::chrono::floor<std::chrono::seconds>(expires_ms);
    const std::chrono::seconds now{std::time(nullptr)};
    if (expires > now + expiry_warning) return;
    next_warning_ = Clock::now() + warning_interval;
    log_event(LogLevel::warning, "the certificate " + options_.certificate->string() +
                                     (expires > now ? " expires on " : " has expired on ") +
                                     date_of(expires));
}

// --- An earlier server ------------------------------------------------------------------------

void end_former_gate(shm::Segment& segment) {
    const Child former = adopt(segment.gate_process());
    if (former.pid == 0) return;
    static_cast<void>(base::end_process(former.pidfd, term_timeout));
    shm::raise_generation(segment.gate_process());
}

}  // namespace belfry::server
