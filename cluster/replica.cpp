#include "cluster/replica.hpp"

#include "base/clock.hpp"
#include "cluster/text_fields.hpp"
#include "daemon/logger.hpp"
#include "shm/news.hpp"
#include "shm/outbox.hpp"
#include "wire/entry.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <utility>

namespace belfry::cluster {
namespace {

void warn(const std::string& line) {
    log_event(LogLevel::warning, line);
}

}  // namespace

Replica::Replica(shm::Segment& segment, const std::filesystem::path& data_dir, Engine& engine,
                 std::string address)
    : segment_{&segment},
      engine_{&engine},
      node_{shm::shared_text(segment.cluster().node)},
      address_{std::move(address)},
      status_{segment, [](LogLevel level, const std::string& line) { log_event(level, line); }},
      entries_{segment},
      heartbeat_{segment, engine, membership_, status_, stored_, address_},
      window_{engine, hex_text(segment.outbox().incarnation), [this] { return window_lease(); },
              &warn},
      retention_{segment, data_dir, stored_, &warn},
      housekeeping_{segment, entries_, retention_, window_},
      answerer_{engine, data_dir, node_, stored_},
      watcher_{segment, engine,  membership_,
               queue_,  status_, [this](std::string_view key) { handle_change(key); }},
      applier_{segment,
               data_dir,
               queue_,
               status_,
               stored_,
               {.started = [this](const State& state) { start_threads(state); },
                .draining = [this] { end_logins(); },
                .look = [this] { look(); }}} {}

Replica::~Replica() {
    stop_threads();
}

bool Replica::run() {
    const bool is_drained = applier_.run();
    if (is_drained) status_.drained();
    stop_threads();
    if (is_drained) heartbeat_.leave();
    return is_drained;
}

void Replica::start_threads(const State& state) {
    introduce(state);
    publisher_.emplace(*segment_, *engine_, membership_, status_);
    start("heartbeat", [this](const std::stop_token& stop) { heartbeat_.run(stop); });
    start("watcher", [this](const std::stop_token& stop) { watcher_.run(stop); });
    start("publisher", [this](const std::stop_token& stop) { publisher_->run(stop); });
    start("window", [this](const std::stop_token& stop) { window_.run(stop); });
    start("answerer", [this](const std::stop_token& stop) { answerer_.run(stop); });
    start("housekeeping", [this](const std::stop_token& stop) { housekeeping_.run(stop); });
}

/// Starts a thread. If something is thrown there, the process ends, and the supervisor starts
/// another one.
void Replica::start(const char* name, std::function<void(const std::stop_token&)> run) {
    threads_.emplace_back([name, run = std::move(run)](const std::stop_token& stop) {
        try {
            run(stop);
        } catch (const std::exception& error) {
            log_event(LogLevel::error, std::string{"the thread "} + name +
                                           " of belfry-replica has failed: " + error.what());
            ::_exit(EXIT_FAILURE);
        }
    });
}

/// Appends the entry that makes this outbox the one of its node, unless it was applied before. No
/// session appends before it, because none can log in yet. If the process is killed before the
/// entry is applied, the next one appends another one, which changes nothing.
void Replica::introduce(const State& state) {
    const std::uint64_t incarnation = segment_->outbox().incarnation;
    if (!node_of(state, incarnation).empty()) return;
    const wire::Entry entry{.kind = wire::EntryKind::node,
                            .name = node_,
                            .login = incarnation,
                            .number = 0,
                            .time_ms = base::unix_ms(),
                            .body = address_};
    static_cast<void>(shm::append_entry(*segment_, wire::EntryHead{entry}.bytes(), address_));
}

/// Reacts to a change of a key outside the log.
void Replica::handle_change(std::string_view key) {
    if (key.starts_with("ask/")) return answerer_.look_now();
    if (key == "settings" || key.starts_with("alive/")) membership_.look_now();
}

/// Decides the state anew.
void Replica::look() {
    const auto now = Status::Clock::now();
    status_.answered(engine_->last_heard());
    if (status_.is_silent(now)) status_.set_failure(engine_->last_failure());
    status_.look(now);
}

/// Returns the lease for the key `window`, whose holder also appends the entries of retention. 0: a
/// node that cannot publish, or whose clock is wrong, must not hold it.
Lease Replica::window_lease() const {
    const bool is_member = membership_.fence() && status_.state() != shm::ClusterState::stopped;
    return is_member && !status_.has(Problem::clock) ? heartbeat_.lease() : 0;
}

/// Appends what the sessions of this node have left, after all of them have ended.
void Replica::end_logins() {
    if (threads_.empty()) return;
    threads_.back().request_stop();  // housekeeping, which appends the same
    shm::wake_everybody(*segment_);
    threads_.back().join();
    threads_.pop_back();
    entries_.append_cursors();
    entries_.append_logouts();
}

void Replica::stop_threads() noexcept {
    for (std::jthread& thread : threads_) thread.request_stop();
    engine_->stop();
    shm::wake_everybody(*segment_);
    threads_.clear();
}

}  // namespace belfry::cluster
