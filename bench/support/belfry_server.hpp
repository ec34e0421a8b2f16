#pragma once

#include "bench/support/transport.hpp"
#include "tests/support/running_server.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace belfry::bench {

struct ServerPlan {
    std::filesystem::path data_dir;
    std::string durability;
    std::vector<std::string> client_ids;
    std::string ring_size = "64M";
    std::size_t max_clients = 1'024;
    Transport transport = {};            ///< clients may use it and plain TCP
    std::vector<std::string> more = {};  ///< further options of belfryd
};

/// A real belfryd on a free port, whose clients have secrets. The destructor leaves no process and
/// no segment. The caller owns the directory in which the data directory and `DATA_DIR.clients`
/// lie.
class BelfryServer {
  public:
    /// Starts it and waits until it is ready.
    explicit BelfryServer(ServerPlan plan);

    /// Ends it cleanly, so that all is stored and the segment is gone. @throws test::Failure
    void stop();

    /// Starts it again, on the same data directory.
    void start();

    /// Starts it again with a ring of another size.
    void start(const std::string& ring_size);

    [[nodiscard]] std::uint16_t port() const { return belfryd_.port(); }

    /// Returns the port of clients that connect in this way.
    [[nodiscard]] std::uint16_t port(const Transport& transport) const {
        if (transport.is_web_socket) return belfryd_.web_port();
        return transport.tls == nullptr ? belfryd_.port() : belfryd_.tls_port();
    }

    /// Returns the pid of the supervisor, which leads the process session of the whole server.
    [[nodiscard]] pid_t leader() const { return belfryd_.pid(); }

    /// Returns the milliseconds from just before the last start's fork to the line that says that
    /// it listens.
    [[nodiscard]] double ready_after_ms() const { return belfryd_.ready_after_ms(); }

  private:
    [[nodiscard]] std::filesystem::path clients_file() const;
    [[nodiscard]] test::Invocation command() const;

    ServerPlan plan_;
    test::RunningServer belfryd_;
};

}  // namespace belfry::bench
