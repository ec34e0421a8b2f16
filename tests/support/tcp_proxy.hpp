#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/tcp_connection.hpp"

#include <poll.h>

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace belfry::test {

/// A network between clients and a server on 127.0.0.1, which a test can break. It forwards bytes
/// in a thread of the test program. Any thread may call its functions.
class TcpProxy {
  public:
    /// @param behind the port of the server
    /// @param address where it listens
    explicit TcpProxy(std::uint16_t behind, const std::string& address = "127.0.0.1");
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;
    ~TcpProxy();

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Stops forwarding, as a network that loses every packet. Connections stay open, new ones can
    /// still be opened, and all bytes wait.
    void hold();

    /// Forwards again, beginning with the bytes that wait.
    void pass();

    /// Breaks all connections at both ends with a reset.
    void cut();

    /// Breaks all connections at the server's end. Those of the clients stay open and silent.
    void leave_half_open();

  private:
    struct Connection {
        std::unique_ptr<TcpConnection> client;
        std::unique_ptr<TcpConnection> server;  ///< none: the connection is half-open
        std::string to_server = {};             ///< bytes that the server has not taken yet
        std::string to_client = {};
    };

    void run();
    void accept();
    void forward();
    [[nodiscard]] std::vector<pollfd> awaited() const;
    void wake() const;

    base::UniqueFd listener_;
    base::UniqueFd bell_;  ///< an eventfd, which ends a wait of the thread
    std::uint16_t behind_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;  // guards the members below
    bool holds_ = false;
    bool is_ending_ = false;
    std::list<Connection> connections_;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace belfry::test
