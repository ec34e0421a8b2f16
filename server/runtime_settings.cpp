#include "server/runtime_settings.hpp"

#include "base/process.hpp"
#include "daemon/logger.hpp"
#include "server/connections.hpp"
#include "shm/client_table.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace belfry::server {
namespace {

constexpr std::uint64_t ms_per_day = 24ULL * 60 * 60 * 1000;

/// Descriptors for files, signals, refused connections and the archiver.
constexpr std::uint64_t descriptors_besides = 64;

/// Without enough descriptors for the sessions, as many connections may wait.
constexpr std::uint32_t min_waiting = 16;

}  // namespace

void set_retention(const shm::Segment& segment, const Options& options) noexcept {
    segment.archiver().keep_messages.store(options.keep_messages);
    segment.archiver().keep_ms.store(options.keep_days * ms_per_day);
}

bool set_clients(shm::Segment& segment, const auth::KnownClients& clients) {
    std::vector<shm::KnownClient> known;
    for (const auth::Client& client : clients.all()) {
        known.push_back({client.name, client.secret_version});
    }
    if (!shm::set_known_clients(segment, known)) return false;
    segment.server().clients_digest.store(clients.digest());
    return true;
}

bool set_max_online(const shm::Segment& segment, std::uint32_t wanted) noexcept {
    const std::uint32_t limit = segment.geometry().max_clients;
    segment.server().max_online.store(std::min(wanted, limit));
    if (wanted <= limit) return true;
    log_event(LogLevel::warning, "max-clients stays at " + std::to_string(limit) +
                                     ", the limit of the shared memory: " + std::to_string(wanted) +
                                     " requires a clean stop and a start");
    return false;
}

void set_log_level(const shm::Segment& segment, LogLevel level) noexcept {
    segment.server().log_level.store(static_cast<std::uint32_t>(level));
}

Descriptors::Descriptors(const shm::Segment& segment, std::size_t relays,
                         std::uint32_t max_waiting) noexcept
    // A supervisor watches each session of its predecessor through a descriptor.
    : needed_{segment.geometry().session_slots + relays + descriptors_besides},
      max_clients_{segment.geometry().max_clients},
      wanted_waiting_{max_waiting},
      limit_{base::raise_descriptor_limit(needed_)} {}

std::uint32_t Descriptors::max_waiting() const noexcept {
    const std::uint64_t wanted = needed_ + Connections::descriptors_for(wanted_waiting_);
    const std::uint64_t missing = wanted - std::min(limit_, wanted);
    const auto fitting = wanted_waiting_ - std::min<std::uint64_t>(missing, wanted_waiting_);
    return std::max(static_cast<std::uint32_t>(fitting), std::min(min_waiting, wanted_waiting_));
}

void Descriptors::log_what_is_missing() const {
    if (max_waiting() < wanted_waiting_) {
        log_event(LogLevel::info, "at most " + std::to_string(max_waiting()) +
                                      " connections may wait, because the limit of open files is " +
                                      std::to_string(limit_));
    }
    if (limit_ >= needed_) return;
    log_event(LogLevel::warning,
              "--max-clients " + std::to_string(max_clients_) + " needs " +
                  std::to_string(needed_) + " file descriptors, but the limit is " +
                  std::to_string(limit_) + "; raise it with ulimit -n or LimitNOFILE=");
}

void show_sandbox(const shm::Segment& segment, const sandbox::Sandbox& sandbox) noexcept {
    segment.server().sandbox_seccomp.store(sandbox.has_seccomp() ? 1 : 0);
    segment.server().sandbox_landlock.store(sandbox.landlock_version());
    if (sandbox.has_seccomp() && sandbox.landlock_version() != 0) return;
    std::string missing = sandbox.has_seccomp() ? "" : "seccomp";
    if (sandbox.landlock_version() == 0) missing += missing.empty() ? "Landlock" : " and Landlock";
    log_event(LogLevel::warning, "the sandbox of sessions lacks " + missing +
                                     ", because the kernel does not provide it");
}

void log_if_full(const shm::Segment& segment) noexcept {
    if (segment.log().last_id.load(std::memory_order_relaxed) < shm::max_id) return;
    log_event(LogLevel::error, "the log is full: " + std::to_string(shm::max_id) +
                                   " is the highest possible message id; new messages are "
                                   "refused; start a new log in another data directory");
}

}  // namespace belfry::server
