#pragma once

#include "sandbox/sandbox.hpp"
#include "server/session_context.hpp"

namespace belfry::server {

/// Serves the client on the input thread, from the claim of the slot to the close of the
/// connection: first the login, then the client's session. After it returns the process may end.
void serve(SessionContext& context);

/// Runs a session child after the fork, and never returns. All of it runs in the sandbox.
// NOLINTNEXTLINE(bugprone-exception-escape)
[[noreturn]] void run_session(Heritage& heritage, const sandbox::Sandbox& sandbox) noexcept;

}  // namespace belfry::server
