#include "cluster/status.hpp"

#include "base/clock.hpp"
#include "shm/news.hpp"

#include <algorithm>
#include <utility>

namespace belfry::cluster {
namespace {

using shm::ClusterState;

/// The problems that stop the node. The others only keep it from taking new messages.
constexpr std::array stopping{Problem::settings,  Problem::outbox, Problem::fence,
                              Problem::access,    Problem::log,    Problem::entry,
                              Problem::publishing};

constexpr std::size_t index(Problem problem) noexcept {
    return static_cast<std::size_t>(problem);
}

/// Returns the state that an earlier replica of this node has left, so that nobody notices that
/// this one takes its place. What stopped the earlier one has to be found anew.
ClusterState taken_over(const shm::Segment& segment) noexcept {
    const auto left = static_cast<ClusterState>(segment.cluster().state.load());
    return left == ClusterState::ok || left == ClusterState::behind ? left
                                                                    : ClusterState::no_engine;
}

/// The interval between two samples of the engine's revision.
constexpr std::chrono::milliseconds sample_interval{500};

}  // namespace

Status::Status(shm::Segment& segment, Log log)
    : segment_{&segment},
      log_{std::move(log)},
      state_{taken_over(segment)},
      answered_{Clock::now()} {
    const std::scoped_lock guard{mutex_};
    show(state_);
}

void Status::answered(Clock::time_point when) noexcept {
    bool returns = false;
    {
        const std::scoped_lock guard{mutex_};
        if (when <= answered_) return;
        answered_ = when;
        returns = state_ == ClusterState::no_engine;
    }
    segment_->cluster().answered_ms.store(base::unix_ms(), std::memory_order_relaxed);
    if (returns) look(Clock::now());  // at once, so that clients do not wait longer than needed
}

void Status::set_failure(std::string line) {
    const std::scoped_lock guard{mutex_};
    failure_ = std::move(line);
}

void Status::see_revision(Revision revision) noexcept {
    const std::scoped_lock guard{mutex_};
    newest_ = std::max(newest_, revision);
    segment_->cluster().engine_revision.store(static_cast<std::uint64_t>(newest_),
                                              std::memory_order_relaxed);
}

void Status::set(Problem problem, std::string line) {
    {
        const std::scoped_lock guard{mutex_};
        if (lines_[index(problem)] == line) return;
        lines_[index(problem)] = std::move(line);
    }
    look(Clock::now());
}

bool Status::has(Problem problem) const {
    const std::scoped_lock guard{mutex_};
    return !lines_[index(problem)].empty();
}

void Status::look(Clock::time_point now) {
    const std::scoped_lock guard{mutex_};
    const ClusterState state = decide(now);
    show(state);
    log_change(state, now);
    log_store_problems();
}

void Status::drained() {
    const std::scoped_lock guard{mutex_};
    is_drained_ = true;
    segment_->set_store_state(shm::StoreState::drained);
}

ClusterState Status::state() const {
    const std::scoped_lock guard{mutex_};
    return state_;
}

bool Status::is_silent(Clock::time_point now) const {
    const std::scoped_lock guard{mutex_};
    return now - answered_ > max_silence;
}

/// Returns the line of the first problem that stops the node, or null.
const std::string* Status::stopping_line() const noexcept {
    for (const Problem problem : stopping) {
        if (!lines_[index(problem)].empty()) return &lines_[index(problem)];
    }
    return nullptr;
}

ClusterState Status::decide(Clock::time_point now) {
    const bool is_stopped = stopping_line() != nullptr;
    if (is_stopped || now - answered_ > max_silence) {
        // What the engine has by then must be stored before the node counts as up to date again.
        newest_ = 0;
        goal_.reset();
        samples_.clear();
        return is_stopped ? ClusterState::stopped : ClusterState::no_engine;
    }
    if (newest_ == 0) return taken_over(*segment_);  // until the engine has named its revision
    return is_behind(now) ? ClusterState::behind : ClusterState::ok;
}

/// Tells whether the node lacks something that the engine had max_delay ago, or had when the node
/// began to read.
bool Status::is_behind(Clock::time_point now) {
    const auto stored = static_cast<Revision>(segment_->cluster().revision.load());
    if (!goal_) goal_ = newest_;
    if (stored < *goal_) return true;
    goal_ = 0;
    if (samples_.empty() || now - samples_.back().time >= sample_interval) {
        samples_.push_back({now, newest_});
    }
    while (samples_.size() > 1 && now - samples_[1].time >= max_delay) samples_.pop_front();
    return now - samples_.front().time >= max_delay && stored < samples_.front().revision;
}

void Status::show(ClusterState state) {
    segment_->cluster().state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
    if (state == ClusterState::ok) segment_->cluster().has_worked.store(1);
    std::swap(state_, state);
    show_store();
    // Sessions that wait for room in the outbox, or for their login, must see the new state.
    if (state != state_) shm::wake_everybody(*segment_);
}

void Status::show_store() {
    if (is_drained_) return;
    const bool is_connected = state_ == ClusterState::ok || state_ == ClusterState::behind;
    const bool works = is_connected && lines_[index(Problem::clock)].empty() &&
                       lines_[index(Problem::store)].empty();
    const auto wanted = works ? shm::StoreState::works : shm::StoreState::fails;
    if (segment_->store_state() == wanted) return;
    segment_->set_store_state(wanted);
    shm::wake_everybody(*segment_);
}

void Status::log_change(ClusterState state, Clock::time_point now) {
    const std::string* const stop = stopping_line();
    const bool has_same_stop = stop == nullptr ? logged_stop_.empty() : logged_stop_ == *stop;
    if (logged_state_ == state && has_same_stop) return;
    // Without a word while the engine is asked for its revision.
    if (newest_ == 0 && stop == nullptr && now - answered_ <= max_silence) return;
    logged_state_ = state;
    logged_stop_ = stop == nullptr ? "" : *stop;
    switch (state) {
        case ClusterState::ok:
            return log_(LogLevel::info,
                        std::exchange(has_worked_, true)
                            ? "the cluster works again; logins and new messages are taken"
                            : "the cluster works; logins and new messages are taken");
        case ClusterState::behind:
            return log_(LogLevel::info,
                        "messages of other nodes are missing here; logins are refused until they "
                        "have come");
        case ClusterState::no_engine:
            return log_(LogLevel::error,
                        "etcd has not answered for 5 s" +
                            (failure_.empty() ? "" : " (" + failure_ + ")") +
                            "; logins and new messages are refused until it answers");
        case ClusterState::stopped:
            return log_(LogLevel::error,
                        *stop + "; logins and new messages are refused until then");
    }
}

/// Logs the problems that keep the node from taking new messages, without changing its state.
void Status::log_store_problems() {
    for (const Problem problem : {Problem::clock, Problem::store}) {
        const std::string& line = lines_[index(problem)];
        std::string& logged = logged_[index(problem)];
        if (line == logged) continue;
        if (!line.empty()) {
            log_(LogLevel::error, line + "; new messages are refused in the meantime");
        } else {
            log_(LogLevel::info, problem == Problem::store
                                     ? "the store works again"
                                     : "this node's clock agrees with the others again");
        }
        logged = line;
    }
}

}  // namespace belfry::cluster
