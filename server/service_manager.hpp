#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace belfry::server {

/// Tells the service manager that started belfryd, if one did, what the server is doing: the
/// protocol of sd_notify(3), one datagram each to the socket that $NOTIFY_SOCKET names. By the
/// supervisor alone. A failure is logged once, until a datagram is sent again.
///
/// Not with libsystemd: there is no static one, and with its shared libraries a fork takes a third
/// longer.
class ServiceManager {
  public:
    /// Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of the environment, so that no
    /// child speaks for the server. Before there are threads.
    ServiceManager();

    /// Clients are served. @param status one line for people
    void ready(std::string_view status);

    /// A reload has begun; ready() tells its end.
    void reloading();

    /// Sends the heartbeat of the service manager's watchdog if it is due: twice in each interval
    /// that the watchdog allows (sd_watchdog_enabled(3)), and soon again after a failure.
    /// @return when to call it again; milliseconds::max() if there is no watchdog
    [[nodiscard]] std::chrono::milliseconds send_heartbeat();

    /// A clean stop has begun. It needs no heartbeat: systemd's watchdog watches a service that
    /// runs, and its time-out for stops takes over.
    void stopping();

  private:
    using Clock = std::chrono::steady_clock;

    void tell(std::string_view assignments);

    std::string address_;  ///< a path, or `@` and an abstract name; empty: nobody listens
    base::UniqueFd socket_;
    std::chrono::microseconds heartbeat_interval_;  ///< zero: no watchdog
    Clock::time_point next_heartbeat_{};
    bool failed_ = false;  ///< the last datagram could not be sent
};

}  // namespace belfry::server
