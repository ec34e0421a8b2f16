#pragma once

#include "server/gate_listener.hpp"
#include "server/gate_watchdog.hpp"
#include "server/listener.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace belfry::server {

/// The sockets at which the gate accepts connections.
struct GateListeners {
    std::optional<Listener> tls;
    std::optional<Listener> web;

    [[nodiscard]] GateSockets sockets() const noexcept {
        return {.tls = tls ? tls->fd() : -1, .web = web ? web->fd() : -1};
    }
};

/// The gate as belfryd sees it. The process may be another one from time to time, but the sockets
/// stay, so that no connection is refused meanwhile.
struct Gate {
    /// @throws StartError
    Gate(shm::Segment& segment, const std::filesystem::path& data_dir, const GateOptions& options,
         GateListeners sockets, LogFormat log_format)
        : listeners{std::move(sockets)},
          relays{data_dir},
          watchdog{segment, options, relays.path(), listeners.sockets(), log_format} {}

    /// Does what has become due. The supervisor calls it in each turn of its loop.
    void look_after() {
        relays.sweep();
        watchdog.look_after();
    }

    /// Ends the gate, and closes everything that has not become a session.
    void stop() noexcept {
        watchdog.stop();
        listeners = {};
        relays.close();
    }

    GateListeners listeners;
    GateListener relays;
    GateWatchdog watchdog;
};

}  // namespace belfry::server
