#pragma once

#include "server/termination_signal.hpp"
#include "shm/layout.hpp"

#include <chrono>
#include <mutex>
#include <string_view>

namespace belfry::server {

/// Writes to the client's connection. Both threads of a session write whole lines and frames, and a
/// mutex keeps them apart. A write blocks while the client does not read; no other client has to
/// wait for it.
class FrameWriter {
  public:
    /// @param socket blocking; outlives the object
    explicit FrameWriter(int socket) noexcept : socket_{socket} {}

    /// Writes frames, and waits for the client if it must.
    /// @return false if the connection is broken or the last line has been written
    [[nodiscard]] bool write(std::string_view frames) noexcept;

    /// Writes frames on the thread that handles SIGTERM. After SIGTERM it gives up if the client,
    /// or a write of the other thread, keeps it waiting for last_line_timeout.
    /// @return false if the connection is broken, the last line has been written, or it gave up
    [[nodiscard]] bool write(std::string_view frames, const TerminationSignal& stop) noexcept;

    /// Counts all later writes in the client's statistics.
    void count_for(shm::ClientRow& client) noexcept;

    /// Sets how long a write may wait for the client. The default is zero, which means for ever. A
    /// connection that has not logged in needs a limit.
    void set_timeout(std::chrono::milliseconds timeout) const noexcept;

    /// Writes the session's last line, and closes the connection for writing. The line is left out
    /// if the client does not take it in time, or if the other thread is blocked in a write.
    void finish(std::string_view last_line, std::chrono::milliseconds timeout) noexcept;

  private:
    [[nodiscard]] bool send_all(std::string_view bytes) const noexcept;
    [[nodiscard]] bool send_some(std::string_view& bytes, int flags) const noexcept;
    [[nodiscard]] bool has_room_in_time() const noexcept;

    int socket_;
    std::timed_mutex mutex_;
    bool open_ = true;                  ///< guarded by the mutex
    shm::ClientRow* client_ = nullptr;  ///< guarded by the mutex
};

/// Reads and discards input until the client closes or the timeout passes. Otherwise a close could
/// reset the connection before the client has read the last line.
void discard_input(int socket, std::chrono::milliseconds timeout) noexcept;

}  // namespace belfry::server
