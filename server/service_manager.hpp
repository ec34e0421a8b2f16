#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace belfry::server {

/// Reports the server's state to the service manager that started belfryd, if there is one, by the
/// protocol of sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET names. Only the supervisor
/// uses it. A failure is logged once, until a datagram succeeds again.
///
/// It does not use libsystemd, because there is no static one, and its shared libraries make a fork
/// a third slower.
class ServiceManager {
  public:
    /// Removes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID from the environment, so that no
    /// child speaks for the server. It must run before any thread is started.
    ServiceManager();

    /// Reports that clients are served. @param status one line for people
    void ready(std::string_view status);

    /// Reports that a reload has begun. ready() reports its end.
    void reloading();

    /// Sends the heartbeat of the service manager's watchdog if it is due: twice in each interval
    /// that the watchdog allows (sd_watchdog_enabled(3)), and soon again after a failure.
    /// @return the time until the next call; milliseconds::max() if there is no watchdog
    [[nodiscard]] std::chrono::milliseconds send_heartbeat();

    /// Reports that a clean stop has begun. Heartbeats are no longer needed, because systemd
    /// applies its timeout for stops instead.
    void stopping();

  private:
    using Clock = std::chrono::steady_clock;

    void tell(std::string_view assignments);

    std::string address_;  ///< a path, or `@` and an abstract name; empty without a service manager
    base::UniqueFd socket_;
    std::chrono::microseconds heartbeat_interval_;  ///< zero if there is no watchdog
    Clock::time_point next_heartbeat_{};
    bool failed_ = false;  ///< the last datagram could not be sent
};

}  // namespace belfry::server
