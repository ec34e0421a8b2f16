#pragma once

#include "server/frame_writer.hpp"
#include "server/heritage.hpp"
#include "server/input_buffer.hpp"
#include "server/predecessor.hpp"
#include "server/session_out.hpp"
#include "server/termination_signal.hpp"
#include "shm/log_writer.hpp"
#include "shm/session.hpp"
#include "wire/command_parser.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::server {

/// The main thread of a session child: logs in, starts the output thread, reads the socket,
/// appends, and writes the answers that are not ordered (ERR, PONG, DUP, WHO, HISTORY). It
/// decides when the session ends, and how.
class SessionIn {
  public:
    /// @throws std::system_error where no descriptor is left
    explicit SessionIn(Heritage& heritage);

    /// The whole session. @return when the process may end; the output thread may still run
    void run();

  private:
    using Clock = std::chrono::steady_clock;

    /// Why the session ends, its last line, and whether earlier messages are answered first.
    struct Ending {
        shm::EndReason reason;
        std::string last_line;
        bool settle = false;
    };

    [[nodiscard]] bool log_in();
    [[nodiscard]] std::optional<Ending> answer_login(const wire::Command& command);
    [[nodiscard]] bool start(const wire::Login& login, const shm::Session::Welcome& welcome);
    [[nodiscard]] bool welcome_client(const wire::Login& login,
                                      const shm::Session::Welcome& welcome);
    void serve();

    // Reading.
    void process_input();
    void handle(const wire::Command& command);
    void answer(const wire::Send& send);
    void answer(const wire::Say& say);
    void answer(const wire::Login& login);
    void answer(const wire::Ack& ack);
    void answer(const wire::History& asked);
    void answer(const wire::Who& who);
    void answer(const wire::Ping& ping);
    void answer(const wire::Quit& quit);
    void answer(const wire::Malformed& malformed);
    void append_pending();
    void announce_own();
    [[nodiscard]] bool is_refused(std::uint64_t seq) const noexcept;
    void refuse(std::uint64_t seq);
    void tell_refused(std::uint64_t seq);
    void answer_outcomes(std::size_t first, std::size_t count);
    void flush_answers();

    // Waiting.
    void wait(bool for_input, Clock::time_point deadline);
    void read_input();
    [[nodiscard]] bool output_is_behind() const noexcept;
    void wait_for_output();
    void wait_until_visible(std::uint64_t id);
    void wait_for_space();
    void settle();

    // Ending.
    void end(Ending ending);
    [[nodiscard]] Ending reason_to_stop() const;
    [[nodiscard]] Ending end_of_output() const;
    [[nodiscard]] static Ending end_by_take_over();
    [[nodiscard]] Ending refuse_login(std::string_view client_id, wire::ErrorCode code) const;
    void show_login(const wire::Login& login, const shm::Session::Welcome& welcome);
    void show_end() noexcept;
    void finish();

    Heritage* heritage_;
    shm::Segment* segment_;
    TerminationSignal stop_;
    FrameWriter output_;
    DeliveryState delivery_;
    shm::Session session_;
    InputBuffer input_;
    wire::CommandParser parser_;
    std::optional<shm::LogWriter> writer_;
    std::optional<Predecessor> predecessor_;
    Subscription subscription_;
    std::vector<shm::NewMessage> pending_;  ///< their bodies lie in input_
    std::vector<shm::Outcome> outcomes_;
    std::string answers_;
    std::uint64_t last_appended_ = 0;
    std::uint64_t early_bytes_ = 0;  ///< read before the login
    /// Refused because the store failed: no later one is accepted before this one.
    std::optional<std::uint64_t> refused_seq_;
    std::optional<Ending> ending_;
};

/// The life of a session child, from the fork on. Never returns.
// NOLINTNEXTLINE(bugprone-exception-escape)
[[noreturn]] void run_session(Heritage& heritage) noexcept;

}  // namespace belfry::server
