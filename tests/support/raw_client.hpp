#pragma once

#include "tests/support/deadline.hpp"
#include "tests/support/frame_reader.hpp"
#include "tests/support/session_rules.hpp"
#include "tests/support/tcp_connection.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

struct TlsOptions;
struct WebOptions;

/// A client that a test drives step by step, over plain TCP, TLS or WebSocket. Every frame that it
/// reads is checked against SessionRules. Functions throw Failure if something does not arrive in
/// time or is not as expected.
class RawClient {
  public:
    /// @param receive_buffer how many bytes the kernel buffers for a client that does not read; 0
    /// for the default
    /// @param from the address that it connects from, one of 127.0.0.0/8: each of them is another
    /// source to the server
    explicit RawClient(std::uint16_t port, int receive_buffer = 0,
                       const std::string& from = "127.0.0.1");

    /// Takes over a connection.
    explicit RawClient(base::UniqueFd socket);

    /// Connects by TLS.
    RawClient(std::uint16_t port, const TlsOptions& tls, int receive_buffer = 0);

    /// Connects by WebSocket.
    RawClient(std::uint16_t port, const WebOptions& web);

    // --- sending ---

    /// Sends all bytes, and reads what arrives meanwhile, so that neither side waits for the other.
    void send(std::string_view bytes);

    /// Sends as much as the connection takes within the time, without reading. Returns how many
    /// bytes that was.
    [[nodiscard]] std::size_t send_without_reading(std::string_view bytes, Milliseconds within);

    /// Sends `SEND <seq> <nbytes>` and the payload.
    void send_message(std::uint64_t seq, std::string_view payload);

    /// Shuts down the sending side. The answers of the server can still be read.
    void shutdown_sending();

    /// Breaks the connection with a reset.
    void reset();

    // --- reading ---

    /// Reads the next frame.
    Frame next(Milliseconds within = default_wait);

    /// Reads the next frame; none if the server has closed the connection, cleanly or not.
    std::optional<Frame> next_or_end(Milliseconds within = default_wait);

    /// Reads the next frame, and expects this line.
    Frame expect(std::string_view line);

    /// Reads the next frame, and expects this verb.
    Frame expect_verb(std::string_view verb);

    /// Reads the next frame, and expects this message.
    void expect_message(std::uint64_t id, std::string_view sender, std::string_view payload);

    /// Reads the next frame, and expects ERR with this code and seq, and any text.
    void expect_error(std::string_view code, std::string_view seq = "-");

    /// Expects that the server closes the connection cleanly and sends nothing before.
    void expect_closed();

    /// Reads until the connection ends, cleanly or not. Returns the frames before the end.
    std::vector<Frame> read_to_the_end();

    /// Reads all frames up to and including the first one with this verb.
    std::vector<Frame> read_until(std::string_view verb);

    /// Reads all frames up to and including the MSG, SENT or GAP that covers the id.
    std::vector<Frame> read_until_id(std::uint64_t id);

    // --- both ---

    /// Logs in and returns WELCOME.
    Frame log_in(std::string_view client_id, std::string_view options = "");

    /// Logs in and returns all frames between WELCOME and LIVE.
    std::vector<Frame> log_in_live(std::string_view client_id, std::string_view options = "");

    /// Sends PING and expects that PONG is the very next frame. So the connection works, and the
    /// server has sent nothing else.
    void expect_pong();

    /// Sends QUIT and expects BYE quit at the end. Returns the frames before it.
    std::vector<Frame> quit();

    [[nodiscard]] std::uint64_t last_id() const { return rules_.last_id(); }
    [[nodiscard]] int fd() const { return connection_->fd(); }

    /// Receives into memory, and waits for at most this time. Returns false if the server has
    /// closed the connection.
    bool receive(int timeout_ms);

    /// Returns the next frame that is already in memory.
    [[nodiscard]] std::optional<Frame> next_received();

  private:
    enum class End { none, orderly, reset };

    std::unique_ptr<TcpConnection> connection_;
    FrameReader reader_;
    SessionRules rules_;
    End end_ = End::none;
};

/// Returns how many of the frames have this verb.
[[nodiscard]] std::size_t count_verb(const std::vector<Frame>& frames, std::string_view verb);

/// Returns the lines of the frames.
[[nodiscard]] std::vector<std::string> lines_of(const std::vector<Frame>& frames);

}  // namespace belfry::test
