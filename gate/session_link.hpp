#pragma once

#include "gate/session_stream.hpp"
#include "wire/proxy_header.hpp"

#include <array>
#include <functional>
#include <utility>

namespace belfry::gate {

/// The session of a relay, as all protocols need it: it is told who the client is, and the relay
/// notices its login and its end.
class SessionLink {
  public:
    using Socket = SessionStream::Socket;

    /// @param socket does not wait; closed if belfryd could not be reached
    explicit SessionLink(Socket socket) : stream_{std::move(socket)} {}

    /// Writes the PROXY header, which must come before all other bytes.
    /// @return false if the session has gone
    [[nodiscard]] bool introduce(const wire::ProxyHeader& header);

    /// Tells whether belfryd still holds its end of the connection.
    [[nodiscard]] bool is_open();

    /// Waits for the first bytes of the session, and leaves them.
    /// @param logged_in called if they are WELCOME, that is, if the login was accepted
    /// @param then called afterwards, or if the session has ended
    void wait_for_login(std::function<void()> logged_in, std::function<void()> then);

    /// Calls the handler when the session has closed both directions.
    void wait_for_end(std::function<void()> handler);

    /// Tells the session that its client sends nothing more.
    void end_input();

    /// Reads until the session closes, and discards what it sends. Then calls the handler.
    void drain(std::function<void()> handler);

    /// Closes the connection. The session waits for that before it exits.
    void close();

    [[nodiscard]] SessionStream& stream() noexcept { return stream_; }

  private:
    SessionStream stream_;
    std::array<char, 4096> drained_;
};

}  // namespace belfry::gate
