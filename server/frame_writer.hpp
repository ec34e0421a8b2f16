#pragma once

#include "server/termination_signal.hpp"
#include "shm/layout.hpp"

#include <chrono>
#include <mutex>
#include <string_view>

namespace belfry::server {

/// The client's connection, for writing. Both threads of a session write whole lines and frames;
/// a mutex of the process keeps them apart. Blocks while the client does not read: TCP holds it
/// back, and nobody else.
class FrameWriter {
  public:
    /// @param socket blocking; outlives the object
    explicit FrameWriter(int socket) noexcept : socket_{socket} {}

    /// @return false: the connection is broken, or the last line has been written
    [[nodiscard]] bool write(std::string_view frames) noexcept;

    /// Writes frames on the thread that is responsible for SIGTERM. After SIGTERM it gives up if
    /// the client, or a write of the other thread, keeps it waiting for last_line_timeout.
    /// @return false: the connection is broken, the last line has been written, or it has given up
    [[nodiscard]] bool write(std::string_view frames, const TerminationSignal& stop) noexcept;

    /// From now on what is written counts as the client's.
    void count_for(shm::ClientRow& client) noexcept;

    /// How long a write may wait for the client; zero: for ever, which is how it starts. For a
    /// connection that has not logged in yet.
    void set_timeout(std::chrono::milliseconds timeout) const noexcept;

    /// Writes the session's last line, after which nothing more is written, and says to the
    /// client that nothing more comes. Without the line where the client does not take it in
    /// time, or the other thread is stuck in a write.
    void finish(std::string_view last_line, std::chrono::milliseconds timeout) noexcept;

  private:
    [[nodiscard]] bool send_all(std::string_view bytes) const noexcept;
    [[nodiscard]] bool send_some(std::string_view& bytes, int flags) const noexcept;
    [[nodiscard]] bool has_room_in_time() const noexcept;

    int socket_;
    std::timed_mutex mutex_;
    bool open_ = true;                  ///< under the mutex
    shm::ClientRow* client_ = nullptr;  ///< likewise
};

/// Reads and discards until the client closes or the time is over, so that a close does not
/// reset the connection before the client has read the last line.
void discard_input(int socket, std::chrono::milliseconds timeout) noexcept;

}  // namespace belfry::server
