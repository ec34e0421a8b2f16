#include "server/session_process.hpp"

#include "server/client_session.hpp"
#include "server/logger.hpp"
#include "server/login.hpp"
#include "server/small_child.hpp"
#include "shm/session_timeouts.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <variant>

namespace belfry::server {

SessionProcess::SessionProcess(Heritage& heritage)
    : heritage_{&heritage},
      session_{heritage.segment, heritage.slot.slot, heritage.slot.generation},
      delivery_{heritage.segment, heritage.slot.slot},
      loop_{heritage.socket.get(), delivery_} {}

void SessionProcess::run() {
    if (!session_.claim()) return;
    if (const auto subscription = log_in(*heritage_, session_, loop_)) {
        ClientSession client{*heritage_, session_, loop_, *subscription};
        client.serve();
        loop_.close(client.leave(), shm::close_timeout);
    } else {
        log_event(LogLevel::debug, "a connection ended without a login");
        // A silent connection that has to make room makes it at once.
        loop_.close(last_line_without_login(),
                    loop_.is_terminated() ? shm::last_line_timeout : shm::close_timeout);
    }
}

/// SIGTERM comes from a stop, or because the place of this connection is needed.
std::string SessionProcess::last_line_without_login() const {
    if (const auto* end = std::get_if<SessionEnd>(&loop_.cause())) return end->last_line;
    const bool stops = heritage_->segment.stop_word() != shm::StopWord::running;
    return stops ? bye_line("shutting-down") : error_line(wire::ErrorCode::too_many_clients);
}

// What is thrown besides is a broken invariant, and aborts the child.
// NOLINTNEXTLINE(bugprone-exception-escape)
void run_session(Heritage& heritage) noexcept {
    static_cast<void>(::signal(SIGINT, SIG_IGN));
    static_cast<void>(::signal(SIGHUP, SIG_IGN));
    make_thread_stacks_small();
    try {
        SessionProcess session{heritage};
        session.run();
        // All threads end here, wherever they are, and before anything they use is destroyed.
        ::_exit(EXIT_SUCCESS);
    } catch (const std::system_error&) {
        FrameWriter{heritage.socket.get()}.finish(error_line(wire::ErrorCode::too_many_clients),
                                                  shm::last_line_timeout);
        discard_input(heritage.socket.get(), shm::close_timeout);
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace belfry::server
