#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry::test {

/// belfryd's end of the connection of a relay, which a test plays. Functions throw Failure if
/// something does not arrive in time.
class PlayedSession {
  public:
    explicit PlayedSession(base::UniqueFd socket);

    /// Reads the PROXY header, whose length is in its bytes 14 and 15.
    [[nodiscard]] std::string read_header();

    /// Reads so many bytes.
    [[nodiscard]] std::string read(std::size_t count);

    /// Reads until the relay ends its side. @return what came before that
    [[nodiscard]] std::string read_to_the_end();

    /// Sends all bytes.
    void send(std::string_view bytes);

    /// Sends as much as the relay takes at once. @return how many bytes that was
    [[nodiscard]] std::size_t send_some(std::string_view bytes);

    /// Ends this side, as a session does after its last line.
    void shutdown_sending();

    /// Closes the connection, as the kernel does for a session that was killed.
    void close() { socket_.reset(); }

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    base::UniqueFd socket_;
};

}  // namespace belfry::test
