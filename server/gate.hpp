#pragma once

#include "server/gate_listener.hpp"
#include "server/gate_watchdog.hpp"
#include "server/listener.hpp"

#include <filesystem>

namespace belfry::server {

/// The gate as belfryd sees it. The process may be another one from time to time, but the sockets
/// stay, so that no connection is refused meanwhile.
struct Gate {
    /// @param tls_socket the socket at which the gate accepts connections
    /// @throws StartError
    Gate(shm::Segment& segment, const std::filesystem::path& data_dir, const GateOptions& options,
         Listener tls_socket, LogFormat log_format)
        : tls{std::move(tls_socket)},
          relays{data_dir},
          watchdog{segment, options, relays.path(), tls.fd(), log_format} {}

    /// Does what has become due. The supervisor calls it in each turn of its loop.
    void look_after() {
        relays.sweep();
        watchdog.look_after();
    }

    /// Ends the gate, and closes everything that has not become a session.
    void stop() noexcept {
        watchdog.stop();
        tls.close();
        relays.close();
    }

    Listener tls;
    GateListener relays;
    GateWatchdog watchdog;
};

}  // namespace belfry::server
