#pragma once

#include "server/heritage.hpp"
#include "server/session_loop.hpp"
#include "shm/session.hpp"

#include <string>

namespace belfry::server {

/// The input thread of a session child, its main thread, from the claim of its slot to the close of
/// its connection: first the login, then the session of the client.
class SessionProcess {
  public:
    /// @param heritage outlives the object
    /// @throws std::system_error if no descriptor is left
    explicit SessionProcess(Heritage& heritage);

    /// Runs the whole session. After it returns the process may end; the output thread may still
    /// run, and use this object.
    void run();

  private:
    [[nodiscard]] std::string last_line_without_login() const;

    Heritage* heritage_;
    shm::Session session_;
    DeliveryState delivery_;
    SessionLoop loop_;
};

/// The life of a session child, from the fork on. Never returns.
// NOLINTNEXTLINE(bugprone-exception-escape)
[[noreturn]] void run_session(Heritage& heritage) noexcept;

}  // namespace belfry::server
