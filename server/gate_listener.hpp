#pragma once

#include "base/placed_file.hpp"
#include "base/unique_fd.hpp"
#include "server/small_child.hpp"
#include "shm/session_slots.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

namespace belfry::server {

/// The connection of a relay whose client has finished its handshake.
struct RelayedConnection {
    base::UniqueFd socket;         ///< blocking; what the client has sent is next
    shm::Peer peer;                ///< the client
    std::string certificate_name;  ///< of its certificate; empty without a verified one
    bool is_confidential = false;  ///< nobody on a network could read what the client has sent
};

/// Accepts the connections of the gate's relays at the socket `gate.sock` in the data directory,
/// and reads the PROXY header at their beginning. A relay sends it after the handshake of its
/// client; until then its connection waits here, without a process. Only the supervisor uses it.
class GateListener {
  public:
    /// How many connections may wait.
    static constexpr std::size_t max_waiting = 4096;

    /// Puts the socket in place of one that an earlier server has left.
    /// @throws StartError that names the path
    explicit GateListener(const std::filesystem::path& data_dir);
    GateListener(const GateListener&) = delete;
    GateListener& operator=(const GateListener&) = delete;
    /// Removes the socket, unless another server has put its own in its place.
    ~GateListener();

    /// Returns a descriptor that is readable when next() has something to do.
    [[nodiscard]] int fd() const noexcept { return epoll_.get(); }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Accepts connections, and returns one whose header has arrived. Connections that begin with
    /// anything else are closed. The result is empty, with errno set as by accept(2), if none is
    /// ready. It does a limited amount of work, so fd() may still be readable.
    [[nodiscard]] std::optional<RelayedConnection> next();

    /// Accepts a connection without waiting for its header. Empty if there is none.
    [[nodiscard]] base::UniqueFd accept_next() const noexcept;

    /// Closes connections that have waited too long.
    void sweep() noexcept;

    /// Closes all connections, and accepts no others.
    void close() noexcept;

  private:
    using Clock = std::chrono::steady_clock;

    struct Waiting {
        base::UniqueFd socket;
        Clock::time_point deadline;
    };

    [[nodiscard]] bool accept();
    [[nodiscard]] base::UniqueFd take(int socket) noexcept;

    std::filesystem::path path_;
    base::UniqueFd epoll_;
    base::UniqueFd socket_;
    std::optional<base::PlacedFile> file_;
    OwnMemory pages_;
    std::pmr::unsynchronized_pool_resource pool_{&pages_};
    std::pmr::vector<Waiting> waiting_{&pool_};  ///< oldest first
};

}  // namespace belfry::server
