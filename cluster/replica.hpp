#pragma once

#include "cluster/answerer.hpp"
#include "cluster/applier.hpp"
#include "cluster/engine.hpp"
#include "cluster/heartbeat.hpp"
#include "cluster/housekeeping.hpp"
#include "cluster/membership.hpp"
#include "cluster/news_queue.hpp"
#include "cluster/publisher.hpp"
#include "cluster/retention.hpp"
#include "cluster/session_entries.hpp"
#include "cluster/status.hpp"
#include "cluster/stored_log.hpp"
#include "cluster/watcher.hpp"
#include "cluster/window.hpp"
#include "shm/segment.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::cluster {

/// The replica of a node: its parts and their threads.
///
///     sessions ─> [ outbox ] ─> Publisher ──> engine ──> Watcher ─> NewsQueue ─┐
///        ▲                                      ▲                              ▼
///        └── [ shared log, rows, head ] <─ AppliedLog <─ [ database ] <──── Applier
///
/// The applier is the main thread. The others begin after the segment has everything that the
/// database has, and end before the object does.
class Replica {
  public:
    /// @param address HOST:PORT at which clients reach this node; empty: not known
    Replica(shm::Segment& segment, const std::filesystem::path& data_dir, Engine& engine,
            std::string address);
    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;
    ~Replica();

    /// Runs until the node is to drain, and drains it.
    /// @return false if something is left in the outbox or the store could not be completed
    [[nodiscard]] bool run();

  private:
    void start_threads(const State& state);
    void stop_threads() noexcept;
    void start(const char* name, std::function<void(const std::stop_token&)> run);
    void introduce(const State& state);
    void handle_change(std::string_view key);
    void look();
    [[nodiscard]] Lease window_lease() const;
    void end_logins();

    shm::Segment* segment_;
    Engine* engine_;
    std::string node_;
    std::string address_;
    Status status_;
    StoredLog stored_;
    Membership membership_;
    NewsQueue queue_;
    SessionEntries entries_;
    Heartbeat heartbeat_;
    Window window_;
    Retention retention_;
    Housekeeping housekeeping_;
    Answerer answerer_;
    Watcher watcher_;
    std::optional<Publisher> publisher_;  ///< made when the head of the outbox is known
    Applier applier_;
    std::vector<std::jthread> threads_;
};

}  // namespace belfry::cluster
