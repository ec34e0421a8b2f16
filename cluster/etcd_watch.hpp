#pragma once

#include "cluster/etcd_caller.hpp"
#include "cluster/etcd_news.hpp"
#include "cluster/etcd_watch_stream.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace belfry::cluster {

/// What a watch is to receive, and who is told.
struct WatchOrder {
    std::string prefix;                        ///< of the cluster's keys
    std::string settings;                      ///< the value that the key `settings` must have
    Revision after = 0;                        ///< everything up to it was received
    std::function<bool(News&&)> receive = {};  ///< as Engine::Receiver
    std::function<void(const std::string&)> note = {};  ///< as EngineOptions::note; may be empty
};

/// Reads the changes of a cluster's keys, at one server after the other. It leaves a server
/// - whose stream ends, for example because the server has found no leader for 3 s;
/// - that does not answer a probe within a second: it is dead, stopped, or not reachable;
/// - that for a second does not show a change that was made here: it is cut off from the others.
///
/// When it leaves a server again without having received anything, it waits for twice as long, so
/// that a slow server can show something in the end. One thread uses it.
class EtcdWatch {
  public:
    /// @param stopped run() returns soon after it has become true
    EtcdWatch(EtcdCaller& caller, const std::atomic<bool>& stopped, WatchOrder order);

    /// Reads until there is a reason to end, and returns it.
    [[nodiscard]] EngineFailure run();

  private:
    /// A reason to leave a server. `no_answer`: another server may help; any other error ends the
    /// watch. Nothing: there is none.
    using Reason = std::optional<EngineFailure>;

    [[nodiscard]] EngineFailure read_at(EtcdServer& server);
    [[nodiscard]] Reason handle(WatchStream& stream, WatchStream::Event event);
    [[nodiscard]] Reason on_response(WatchStream& stream);
    [[nodiscard]] Reason on_probed(WatchStream& stream);
    [[nodiscard]] Reason verify(WatchStream& stream);
    [[nodiscard]] Reason ask_majority();
    [[nodiscard]] Reason deliver(const WatchStream& stream);
    [[nodiscard]] Reason check_progress(const WatchStream& stream);
    [[nodiscard]] EngineFailure reason_of(const grpc::Status& status, const WatchStream& stream);

    void note_outage();
    void start(WatchStream& stream);
    void probe_when_due(WatchStream& stream);

    EtcdCaller& caller_;
    const std::atomic<bool>& stopped_;
    WatchOrder order_;
    std::string left_for_;        ///< why the last server was left; empty: changes came since then
    std::size_t failures_ = 0;    ///< how many servers were left since changes came
    base::TimePoint noted_ = {};  ///< when note_outage() last said it

    base::Duration probe_limit_;     ///< how long a server may take to answer a probe
    base::Duration progress_limit_;  ///< how long it may take to show a change

    // What follows is about the current server.
    NewsDecoder decoder_;
    bool is_started_ = false;
    bool is_probing_ = false;
    base::TimePoint probed_;                     ///< when the last probe began, or was answered
    base::TimePoint received_;                   ///< when `receive` returned last
    std::optional<base::TimePoint> lags_since_;  ///< a change that was made here is not shown
};

}  // namespace belfry::cluster
