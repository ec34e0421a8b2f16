#pragma once

#include "auth/known_clients.hpp"
#include "base/unique_fd.hpp"
#include "server/session_loop.hpp"
#include "shm/session.hpp"
#include "shm/session_slots.hpp"

#include <filesystem>
#include <string>

namespace belfry::server {

/// All that a session child inherits from the supervisor, besides standard error and the held
/// `alive` file. Everything else is closed before the child starts.
struct Heritage {
    shm::Segment& segment;
    const std::filesystem::path& data_dir;  ///< contains the store, if there is one
    shm::GivenSlot slot;
    base::UniqueFd socket;  ///< the client's connection, blocking
    SessionLoop::Clock::time_point login_deadline;
    shm::Peer peer = {};
    std::string certificate_name = {};      ///< common name of a verified certificate; empty: none
    bool is_confidential = false;           ///< as that of a RelayedConnection; false for TCP
    auth::KnownClients* clients = nullptr;  ///< null: no client needs a secret
};

/// The objects that the parts of a session child share. The input thread owns them. The output
/// thread uses them until the process exits, but only output() of the loop.
struct SessionContext {
    /// @param heritage outlives the object
    /// @throws std::system_error if no descriptor is left
    explicit SessionContext(Heritage& heritage)
        : heritage{heritage},
          segment{heritage.segment},
          session{segment, heritage.slot.slot, heritage.slot.generation},
          delivery{segment, heritage.slot.slot},
          loop{heritage.socket.get(), delivery} {}

    Heritage& heritage;
    shm::Segment& segment;
    shm::Session session;
    DeliveryState delivery;
    SessionLoop loop;
};

}  // namespace belfry::server
