#pragma once

#include "shm/session.hpp"

#include <cstdint>
#include <string_view>

/// The entries by which a session of a node of a cluster begins and ends its login. Only the input
/// thread of the session child calls these functions.
namespace belfry::server {

/// A login that is asked for, in the place of the one that the client has had.
struct NewLogin {
    std::uint64_t id;        ///< random, and not 0
    std::uint64_t replaces;  ///< 0 if the client has none
};

/// What became of the request for a login.
struct LoginRequest {
    /// `welcome` if the client may log in here; otherwise nothing was changed.
    shm::Session::LoginResult result;
    /// The position after the entry; 0 if the outbox has no room for it at present.
    std::uint64_t end = 0;
};

/// Checks as Session::login() does whether the client may log in here, and appends the entry of a
/// login. Takes the lock.
///
/// | killed after     | what is left                | mended by                                  |
/// |------------------|-----------------------------|--------------------------------------------|
/// | the slot's login | a login that nobody knows   | the supervisor, which reaps the slot       |
/// | the commit       | a login that no slot holds  | the replica, which ends it once it applies |
[[nodiscard]] LoginRequest ask_for_login(shm::Segment& segment, shm::Session& session,
                                         std::string_view client_id,
                                         const NewLogin& login) noexcept;

/// Appends the end of the login that was asked for, unless the outbox is full. It must be called if
/// the session does not use the login: the entry may still be applied.
void withdraw_login(shm::Segment& segment, const shm::Session& session,
                    std::string_view client_id) noexcept;

/// Takes the client offline before the process exits. In a cluster it appends the end of the login,
/// with the cursor, unless the outbox is full: then the replica does it after the process has
/// exited. A second call changes nothing.
/// @return the position after the entry; 0 if none was written
std::uint64_t log_out(shm::Segment& segment, shm::Session& session) noexcept;

}  // namespace belfry::server
