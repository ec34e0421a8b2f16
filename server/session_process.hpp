#pragma once

#include "sandbox/sandbox.hpp"
#include "server/session_context.hpp"

namespace belfry::server {

/// Exit status of a session child whose client was refused its login, or sent something else than a
/// login. Too many of them shut the client's address out (admission/source_limits.hpp).
inline constexpr int exit_failed_login = 3;

/// Exit status of a session child whose client has proved who it is, but which this node of a
/// cluster cannot log in at present.
inline constexpr int exit_unavailable = 4;

/// Serves the client on the input thread, from the claim of the slot to the close of the
/// connection: first the login, then the client's session. After it returns the process may end.
void serve(SessionContext& context);

/// Runs a session child after the fork, and never returns. All of it runs in the sandbox.
// NOLINTNEXTLINE(bugprone-exception-escape)
[[noreturn]] void run_session(Heritage& heritage, const sandbox::Sandbox& sandbox) noexcept;

}  // namespace belfry::server
