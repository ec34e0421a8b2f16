#include "server/session_process.hpp"

#include "daemon/logger.hpp"
#include "server/client_session.hpp"
#include "server/login.hpp"
#include "server/small_child.hpp"
#include "shm/session_timeouts.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <variant>

namespace belfry::server {

namespace {

int exit_status(const SessionContext& context) {
    if (!context.loop.ended()) return EXIT_SUCCESS;
    const auto* end = std::get_if<SessionEnd>(&context.loop.cause());
    return end != nullptr ? end->exit_status : EXIT_SUCCESS;
}

/// SIGTERM means that the server stops, or that another connection needs the slot of this one.
std::string last_line_without_login(const SessionContext& context) {
    if (const auto* end = std::get_if<SessionEnd>(&context.loop.cause())) return end->last_line;
    const bool stops = context.segment.stop_word() != shm::StopWord::running;
    return stops ? bye_line("shutting-down") : error_line(wire::ErrorCode::too_many_clients);
}

}  // namespace

void serve(SessionContext& context) {
    if (!context.session.claim()) return;
    if (const auto subscription = log_in(context)) {
        ClientSession client{context, *subscription};
        client.serve();
        return context.loop.close(client.leave(), shm::close_timeout);
    }
    log_event(LogLevel::debug, "a connection ended without a login");
    // A connection that has to make room for another one must not keep its slot any longer.
    context.loop.close(last_line_without_login(context),
                       context.loop.is_terminated() ? shm::last_line_timeout : shm::close_timeout);
}

// Any other exception means a broken invariant, and aborts the child.
// NOLINTNEXTLINE(bugprone-exception-escape)
void run_session(Heritage& heritage, const sandbox::Sandbox& sandbox) noexcept {
    static_cast<void>(::signal(SIGINT, SIG_IGN));
    static_cast<void>(::signal(SIGHUP, SIG_IGN));
    make_thread_stacks_small();
    try {
        sandbox.enter();
        ::close(sandbox.descriptor());
        SessionContext context{heritage};
        serve(context);
        // This ends all threads, wherever they are, before anything that they use is destroyed.
        ::_exit(exit_status(context));
    } catch (const std::system_error&) {
        FrameWriter{heritage.socket.get()}.finish(error_line(wire::ErrorCode::too_many_clients),
                                                  shm::last_line_timeout);
        discard_input(heritage.socket.get(), shm::close_timeout);
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace belfry::server
