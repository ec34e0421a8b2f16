#include "gate/relay_process.hpp"

#include "daemon/descriptors.hpp"
#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "gate/native_relay.hpp"
#include "gate/web_relay.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

namespace belfry::gate {
namespace {

namespace asio = boost::asio;

asio::ip::tcp::socket adopt_client(asio::io_context& loop, RelayHeritage& heritage) {
    const auto protocol = heritage.peer.is_ipv4() ? asio::ip::tcp::v4() : asio::ip::tcp::v6();
    return {loop, protocol, heritage.client.release()};
}

SessionLink::Socket adopt_session(asio::io_context& loop, RelayHeritage& heritage) {
    if (!heritage.session) return SessionLink::Socket{loop};
    return {loop, {}, heritage.session.release()};
}

/// Leaves what belongs to the gate, and enters the sandbox.
void settle(const RelayHeritage& heritage) {
    heritage.sandbox->enter();
    std::array kept{heritage.client.get(), heritage.session.get(), heritage.logins};
    close_all_except(kept);
    // A terminal sends it to the whole group when it closes. Sessions ignore it too.
    static_cast<void>(::signal(SIGHUP, SIG_IGN));
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    begin_own_log();
    const std::string protocol = heritage.web != nullptr ? "web" : "tls";
    set_process_title(protocol + " for " + address_text(heritage.peer));
}

/// Tells the gate that the client has logged in.
void report_login(int logins) {
    const pid_t own = ::getpid();
    // A gate that does not read has ended, or will count this login as none.
    [[maybe_unused]] const ssize_t written = ::write(logins, &own, sizeof own);
    ::close(logins);
}

/// Runs the relay of any protocol. @return the exit status
template <class Relay>
int run(asio::io_context& loop, Relay& relay) {
    relay.start();
    loop.run();
    return relay.has_refused_client() ? exit_client_refused : EXIT_SUCCESS;
}

/// Serves the client. @return the exit status
int serve(RelayHeritage& heritage) {
    asio::io_context loop{1};
    auto client = adopt_client(loop, heritage);
    auto session = adopt_session(loop, heritage);
    const auto logged_in = [logins = heritage.logins] { report_login(logins); };
    if (heritage.web == nullptr) {
        NativeRelay relay{loop, std::move(client), std::move(session), *heritage.credentials,
                          logged_in};
        return run(loop, relay);
    }
    WebRelay relay{loop,          std::move(client), std::move(session), heritage.credentials,
                   *heritage.web, logged_in};
    return run(loop, relay);
}

[[noreturn]] void run_relay(RelayHeritage& heritage) noexcept {
    try {
        settle(heritage);
        std::_Exit(serve(heritage));
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "relay for " + to_string(heritage.peer) + ": " + error.what());
        std::_Exit(EXIT_FAILURE);
    }
}

}  // namespace

pid_t spawn_relay(RelayHeritage& heritage) noexcept {
    const pid_t pid = ::fork();
    if (pid == 0) run_relay(heritage);
    return pid;
}

}  // namespace belfry::gate
