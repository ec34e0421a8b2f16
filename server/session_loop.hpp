#pragma once

#include "server/delivery_state.hpp"
#include "server/frame_writer.hpp"
#include "server/input_buffer.hpp"
#include "server/predecessor.hpp"
#include "server/termination_signal.hpp"
#include "shm/layout.hpp"
#include "wire/error_code.hpp"
#include "wire/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace belfry::server {

/// The end of a session: its reason, and what the client still gets.
struct SessionEnd {
    shm::EndReason reason;
    std::string last_line;
    bool answer_first = false;  ///< everything that the client sent before must be answered first
    int exit_status = 0;        ///< of the process (session_process.hpp)
};

/// SIGTERM came. Its meaning depends on the segment, and on whether the client is logged in.
struct Terminated {};

/// The delivery ended by itself, because the connection broke or a later login took over.
struct DeliveryEnded {};

/// The session is not the current one of its client any more.
struct Fenced {};

/// The reason why the loop of a session ended.
using EndCause = std::variant<SessionEnd, Terminated, DeliveryEnded, Fenced>;

/// Returns the `ERR` line. @param seq 0 if the error names no message
[[nodiscard]] std::string error_line(wire::ErrorCode code, std::uint64_t seq = 0);

/// Returns the `BYE` line.
[[nodiscard]] std::string bye_line(std::string_view reason);

/// Returns the end of a session whose client has logged in again.
[[nodiscard]] SessionEnd end_by_take_over();

/// Waits on a session's input thread for input, for SIGTERM, for the delivery, and for the exit of
/// the predecessor. It reads the input, collects the answers that the input thread writes, and
/// keeps the first cause of its end. It knows neither commands nor the log. Only the input thread
/// uses it.
class SessionLoop {
  public:
    using Clock = std::chrono::steady_clock;

    /// @param socket the client's connection, blocking. Both arguments outlive the object
    /// @throws std::system_error if no descriptor is left
    SessionLoop(int socket, DeliveryState& delivery);

    /// Waits for input and reads it. It may return early without a reason, as wait() may.
    void wait_for_input(Clock::time_point deadline);

    /// Waits, without reading, until the delivery state changes (see DeliveryState::watch()) or the
    /// loop ends. If the deadline has passed, it only checks whether the loop has to end.
    void wait(Clock::time_point deadline);

    /// Waits until the output thread has written WELCOME, because no answer may come before it.
    /// After SIGTERM it gives up if the client does not take WELCOME within last_line_timeout.
    void wait_for_welcome();

    /// Ends the loop, so that no wait begins any more. Only the first cause counts.
    void end(EndCause cause);
    [[nodiscard]] bool ended() const noexcept { return cause_.has_value(); }
    /// Returns why the loop has ended. It must have ended.
    [[nodiscard]] const EndCause& cause() const { return cause_.value(); }
    /// Tells whether SIGTERM has come, even if the loop has ended for another cause.
    [[nodiscard]] bool is_terminated() const noexcept { return stop_.came(); }

    /// Tells whether the connection was reset, or closed by both ends.
    [[nodiscard]] bool peer_is_gone() const noexcept;
    /// Tells whether the client has at least closed its sending side, even if what it sent before
    /// has not been read.
    [[nodiscard]] bool peer_has_closed() const noexcept;

    /// Returns the bytes that have been read and not yet consumed.
    [[nodiscard]] InputBuffer& input() noexcept { return input_; }

    /// Returns the buffer to which answers are appended. flush_answers() writes it.
    [[nodiscard]] std::string& answers() noexcept { return answers_; }
    void flush_answers();
    /// Writes the answers if they have become many, so that they never take much memory.
    void flush_many_answers() {
        if (answers_.size() >= max_answers) flush_answers();
    }

    /// Returns the writer of the connection, which both threads of the session use.
    [[nodiscard]] FrameWriter& output() noexcept { return output_; }

    /// Switches from the login to the session of this client: its traffic is counted, including the
    /// bytes read before; it may keep a write waiting for ever; and the next read uses a larger
    /// buffer.
    void admit(shm::ClientRow& client, std::size_t input_bytes);

    /// Makes each later wait also watch for the predecessor's exit, and kill it after its timeout.
    void watch_predecessor(Predecessor predecessor) {
        predecessor_.emplace(std::move(predecessor));
    }

    /// Closes the connection so that the last line arrives, and waits for the predecessor's exit.
    /// @param timeout how long input is read and discarded if the client does not close
    void close(std::string_view last_line, std::chrono::milliseconds timeout) noexcept;

  private:
    static constexpr std::size_t max_answers = 64 << 10;

    /// Initial size of the input buffer. A client that only listens never needs more.
    static constexpr std::size_t login_bytes = 2 * wire::max_line;

    void wait(int input, Clock::time_point deadline);
    void read_input();

    int socket_;
    TerminationSignal stop_;
    FrameWriter output_;
    DeliveryState* delivery_;
    InputBuffer input_{login_bytes};
    std::size_t input_bytes_ = login_bytes;  ///< the size that the next read needs
    std::string answers_;
    std::optional<Predecessor> predecessor_;
    std::optional<EndCause> cause_;
    shm::ClientRow* counted_client_ = nullptr;
    std::uint64_t uncounted_bytes_ = 0;  ///< read before the login
};

}  // namespace belfry::server
