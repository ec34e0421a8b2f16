#pragma once

#include "admission/waiting_room.hpp"
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "daemon/service_signals.hpp"
#include "gate/credentials.hpp"
#include "gate/options.hpp"
#include "gate/relay_table.hpp"
#include "gate/supervisor_link.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace belfry::gate {

/// The main process of the gate. It accepts connections, holds them until their first byte is
/// there, and then forks a relay for each. It reads nothing from them.
class Gate {
  public:
    /// Loads the certificate, takes over the inherited sockets, and enters the sandbox.
    /// @throws CredentialsError
    /// @throws std::system_error
    Gate(const Options& options, const SupervisorLink& supervisor);
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() = default;

    /// Reports that the gate is ready, and runs until the supervisor ends or SIGTERM comes. Relays
    /// go on after that.
    void run();

  private:
    void wait_for_events();
    [[nodiscard]] std::vector<int> listeners() const;
    [[nodiscard]] bool is_listener(int fd) const noexcept;
    [[nodiscard]] const WebSettings* web_of(const admission::Waiting& connection) const noexcept;
    void handle(int fd);
    void handle_signals();
    void reload();
    void report_ready() const;
    void accept_waiting(int listener);
    void accept_without_descriptor(int listener);
    void admit(admission::Waiting connection);
    void look_at(int fd);
    void start_relay(admission::Waiting connection);
    void retry_postponed();
    void close_expired();
    void watch_listeners(bool wanted);
    [[nodiscard]] int wait_ms() const;

    std::optional<CredentialFiles> files_;
    std::optional<WebSettings> web_;
    const SupervisorLink* supervisor_;
    std::optional<Credentials> credentials_;
    base::UniqueFd epoll_;
    ServiceSignals signals_;
    base::UniqueFd tls_listener_;
    base::UniqueFd web_listener_;
    base::UniqueFd reserve_;  ///< closed to accept and close a connection if no other is left
    RelayTable relays_;
    admission::WaitingRoom room_;
    std::deque<admission::Waiting> postponed_;  ///< their source has no token, but may get one
    base::TimePoint now_;
    bool is_listening_ = true;
    bool is_stopping_ = false;
};

}  // namespace belfry::gate
