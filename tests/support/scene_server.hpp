#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/fake_server.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// The servers of a scene, of which one has a connection. They run in the thread of the client, so
/// no call waits for the client. The parser of what it writes shares no code with the libraries.
class SceneServer {
  public:
    /// A SEND and its payload, or another line.
    struct Command {
        std::string line;
        std::string payload;
    };

    /// @param count how many ports to listen on
    explicit SceneServer(std::size_t count) : listeners_(count) {}

    /// Returns the URLs of the servers.
    [[nodiscard]] std::vector<std::string> urls() const;

    /// Takes the next connection in place of the one before. @return false: none waits
    [[nodiscard]] bool accept();

    /// Sends bytes, and waits until they have arrived in the client's kernel buffer.
    /// @param client the other end of the connection, from which everything before was read
    void write(std::string_view bytes, int client);

    /// Reads everything that the client has written.
    /// @param client the other end of the connection; -1: the client has closed it
    void read(int client);

    /// Waits until the client's end of the connection is closed.
    void expect_closed();

    void close() { socket_.reset(); }

    /// Returns everything that the client has written on this connection.
    [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }

  private:
    void receive();
    void parse();

    std::deque<FakeServer> listeners_;
    base::UniqueFd socket_;
    std::string unread_;
    std::vector<Command> commands_;
    bool has_ended_ = false;
};

}  // namespace belfry::test
