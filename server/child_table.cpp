#include "server/child_table.hpp"

#include "daemon/logger.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/session_slots.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <string>

namespace belfry::server {
namespace {

constexpr std::chrono::seconds pending_grace{1};  ///< a younger child is not evicted

bool has_exited_with(int exit_status, int status) {
    return WIFEXITED(status) && WEXITSTATUS(status) == exit_status;
}

bool is_failed_login(int status) {
    return has_exited_with(exit_failed_login, status);
}

bool is_unavailable(int status) {
    return has_exited_with(exit_unavailable, status);
}

/// @param status 0 for an adopted child, whose status is unknown
std::string describe_end(int status) {
    if (status == 0) return "has died";
    if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
    return "exited with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

ChildTable::ChildTable(shm::Segment& segment, admission::SourceLimits& limits)
    : segment_{&segment}, limits_{&limits}, children_(segment.geometry().session_slots, &pool_) {}

void ChildTable::adopt(std::uint32_t slot) {
    SessionChild& child = children_[slot];
    static_cast<Child&>(child) = server::adopt(segment_->session_process(slot));
    if (child.pid == 0) {
        shm::count_death(*segment_, slot);
        shm::reap_slot(*segment_, slot);
        return free_slots_.push_back(slot);
    }
    child.since = Clock::now();
    child.source = admission::Source{shm::peer_in(segment_->session(slot)).endpoint};
    if (is_pending(slot)) return pending_.push_back(slot);
    limits_->remember(child.source, child.since);
}

bool ChildTable::has_room() const noexcept {
    const std::size_t max_pending = children_.size() - segment_->geometry().max_clients;
    return !free_slots_.empty() && pending_.size() < max_pending;
}

bool ChildTable::is_pending(std::uint32_t slot) const noexcept {
    return children_[slot].pid != 0 && !shm::is_logged_in(*segment_, slot);
}

void ChildTable::settle() {
    std::erase_if(pending_, [this](std::uint32_t slot) { return settle(slot); });
}

/// Reports a pending child to the limits if it has logged in. @return whether it has
bool ChildTable::settle(std::uint32_t slot) {
    if (is_pending(slot)) return false;
    limits_->logged_in(children_[slot].source, Clock::now());
    return true;
}

bool ChildTable::evict_oldest_pending() {
    while (!pending_.empty() && settle(pending_.front())) pending_.pop_front();
    if (pending_.empty()) return false;
    SessionChild& oldest = children_[pending_.front()];
    if (Clock::now() < oldest.since + pending_grace) return false;
    oldest.signal(SIGTERM);
    oldest.is_evicted = true;
    ++leaving_;
    limits_->gave_up(oldest.source);
    pending_.pop_front();
    return true;
}

void ChildTable::add(pid_t pid, const admission::Source& source) {
    const std::uint32_t slot = free_slot();
    free_slots_.pop_back();
    children_[slot].pid = pid;
    children_[slot].since = Clock::now();
    children_[slot].source = source;
    own_[pid] = slot;
    pending_.push_back(slot);
}

void ChildTable::bury_own(pid_t pid, int status) {
    const auto found = own_.find(pid);
    if (found == own_.end()) return;
    const std::uint32_t slot = found->second;
    own_.erase(found);
    bury(slot, status);
}

void ChildTable::bury(std::uint32_t slot, int status) {
    const bool was_online = shm::count_death(*segment_, slot);
    const bool is_orderly = status == 0 || is_failed_login(status) || is_unavailable(status);
    if (!deaths_are_expected_ && (!is_orderly || was_online)) log_death(slot, status);
    report(slot, status);
    if (children_[slot].is_evicted) --leaving_;
    children_[slot] = {};
    shm::reap_slot(*segment_, slot);
    free_slots_.push_back(slot);
}

/// Tells the limits what became of the child's login, unless it has been told before.
void ChildTable::report(std::uint32_t slot, int status) {
    const admission::Source& source = children_[slot].source;
    const bool is_undecided = std::erase(pending_, slot) != 0;
    // That a node of a cluster could not take the login is not the client's fault.
    if (shm::is_logged_in(*segment_, slot) || is_unavailable(status)) {
        is_undecided ? limits_->logged_in(source, Clock::now())
                     : limits_->remember(source, Clock::now());
    } else if (is_undecided) {
        is_failed_login(status) ? limits_->failed(source, Clock::now()) : limits_->gave_up(source);
    }
}

void ChildTable::log_death(std::uint32_t slot, int status) const {
    const std::uint32_t client = segment_->session(slot).client.load();
    std::string who = "session " + std::to_string(children_[slot].pid);
    if (client != 0) who += " of client " + std::string{shm::name_of(*segment_, client - 1)};
    log_event(LogLevel::warning, who + " " + describe_end(status));
}

void ChildTable::signal_all(int number) noexcept {
    for (const SessionChild& child : children_) {
        if (child.pid != 0) child.signal(number);
    }
}

void ChildTable::signal_unwanted(int number) noexcept {
    for (std::uint32_t slot = 0; slot < slots(); ++slot) {
        if (children_[slot].pid != 0 && shm::is_unwanted(*segment_, slot)) {
            children_[slot].signal(number);
        }
    }
}

}  // namespace belfry::server
