#pragma once

#include <string>
#include <string_view>

namespace belfry::server {

/// Tells the service manager that started belfryd, if one did, what the server is doing: the
/// protocol of sd_notify(3), one datagram each to the socket that $NOTIFY_SOCKET names. By the
/// supervisor alone.
///
/// Not with libsystemd: there is no static one, and with its shared libraries a fork takes a third
/// longer.
class ServiceManager {
  public:
    /// Takes $NOTIFY_SOCKET out of the environment, so that no child speaks for the server.
    /// Before there are threads.
    ServiceManager();

    /// Clients are served. @param status one line for people
    void ready(std::string_view status) const;

    /// A reload has begun; ready() tells its end.
    void reloading() const;

    /// A clean stop has begun.
    void stopping() const;

  private:
    void tell(std::string_view assignments) const;

    std::string address_;  ///< a path, or `@` and an abstract name; empty: nobody listens
};

}  // namespace belfry::server
