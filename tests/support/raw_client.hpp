#pragma once

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/frame_reader.hpp"
#include "tests/support/session_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::test {

/// A plain TCP client that a test drives step by step. Every frame it reads is also held against
/// SessionRules. Where something does not come in time or is not as expected, it throws Failure.
class RawClient {
  public:
    /// @param receive_buffer bytes that the kernel keeps for a client that does not read; 0: as
    /// usual
    explicit RawClient(std::uint16_t port, int receive_buffer = 0);

    // --- sending ---

    /// Sends all bytes; reads meanwhile what comes, so that neither side waits for the other.
    void send(std::string_view bytes);

    /// Sends as much as goes within the time without reading anything; returns how much it was.
    [[nodiscard]] std::size_t send_without_reading(std::string_view bytes, Milliseconds within);

    /// `SEND <seq> <nbytes>` and the payload.
    void send_message(std::uint64_t seq, std::string_view payload);

    /// No more will be sent; the server's answers can still be read.
    void shutdown_sending();

    /// Breaks the connection: the server gets a reset.
    void reset();

    // --- reading ---

    /// The next frame.
    Frame next(Milliseconds within = default_wait);

    /// The next frame; none where the server closed the connection, cleanly or not.
    std::optional<Frame> next_or_end(Milliseconds within = default_wait);

    /// The next frame, whose whole line is known.
    Frame expect(std::string_view line);

    /// The next frame, whose verb is known.
    Frame expect_verb(std::string_view verb);

    /// The next frame is this message.
    void expect_message(std::uint64_t id, std::string_view sender, std::string_view payload);

    /// The next frame is ERR with this code and seq, and some text.
    void expect_error(std::string_view code, std::string_view seq = "-");

    /// The server has closed its side in order, and nothing more came before.
    void expect_closed();

    /// The connection ends, in whatever way; returns what came before.
    std::vector<Frame> read_to_the_end();

    /// All frames up to the first one with this verb, that one included.
    std::vector<Frame> read_until(std::string_view verb);

    /// All frames until MSG, SENT or GAP has covered the id, that one included.
    std::vector<Frame> read_until_id(std::uint64_t id);

    // --- both ---

    /// Logs in and returns WELCOME.
    Frame log_in(std::string_view client_id, std::string_view options = "");

    /// Logs in and returns all frames between WELCOME and LIVE.
    std::vector<Frame> log_in_live(std::string_view client_id, std::string_view options = "");

    /// Sends PING and expects that PONG is the very next frame: the connection works, and
    /// nothing else was answered.
    void expect_pong();

    /// Sends QUIT and expects BYE quit at the end; returns what came before it.
    std::vector<Frame> quit();

    [[nodiscard]] std::uint64_t last_id() const { return rules_.last_id(); }
    [[nodiscard]] int fd() const { return socket_.get(); }

    /// Reads what has come into memory, waiting at most so long. False: the server has closed.
    bool receive(int timeout_ms);

    /// The next frame that is in memory already.
    [[nodiscard]] std::optional<Frame> next_received();

  private:
    enum class End { none, orderly, reset };

    base::UniqueFd socket_;
    FrameReader reader_;
    SessionRules rules_;
    End end_ = End::none;
};

/// The verbs of some frames, and only their number of times.
[[nodiscard]] std::size_t count_verb(const std::vector<Frame>& frames, std::string_view verb);

/// The lines of some frames.
[[nodiscard]] std::vector<std::string> lines_of(const std::vector<Frame>& frames);

}  // namespace belfry::test
