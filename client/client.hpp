#pragma once

#include "client/backoff.hpp"
#include "client/clock.hpp"
#include "client/conversation.hpp"
#include "client/dialer.hpp"
#include "client/input.hpp"
#include "client/link.hpp"
#include "client/options.hpp"
#include "client/output.hpp"
#include "client/plain_view.hpp"
#include "client/progress.hpp"
#include "client/room.hpp"
#include "client/stop_signal.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::client {

/// The program's one loop: waits for standard input, standard output, the connection, a signal
/// or the time, and does what each of them asks for. While a person types, the editor asks for keys
/// and the loop turns below it. One per process.
class Client {
  public:
    explicit Client(const Options& options);

    /// Runs to the end, and returns the exit status.
    [[nodiscard]] int run();

  private:
    enum class Phase {
        waiting,     ///< for the next attempt to connect
        dialing,     ///< for the connection
        logging_in,  ///< for WELCOME
        online,
        leaving,  ///< for the answer to QUIT
        ended,
    };

    // What poll() found.
    struct Ready {
        bool signal = false;
        bool terminal = false;
        bool input = false;
        bool connection = false;
    };

    [[nodiscard]] View& view();

    void turn_until_the_end();
    [[nodiscard]] bool turn_until_key();
    [[nodiscard]] bool wants_keys() const;
    [[nodiscard]] bool has_ended() const;
    [[nodiscard]] bool input_has_ended() const;

    [[nodiscard]] Ready wait() const;
    [[nodiscard]] int timeout_ms() const;
    [[nodiscard]] Deadline wake_at() const;
    [[nodiscard]] short events_of_connection() const;
    [[nodiscard]] bool wants_input() const;
    [[nodiscard]] bool wants_frames() const;

    void go_on(const Ready& ready);
    void look_at_time(TimePoint now);
    void end_phase(TimePoint now);
    void read_input();
    void read_frames();
    void act(Conversation::Event event);
    void print();
    void show_progress(TimePoint now);
    [[nodiscard]] bool is_catching_up() const;
    [[nodiscard]] std::string progress() const;
    void end_typing();
    void send();
    void try_postponed_again(TimePoint now);
    void leave_when_done();
    [[nodiscard]] bool is_done() const;

    void dial(TimePoint now);
    void follow(Dialer::Result result);
    void log_in(Fd socket);
    void welcome();
    void lost(std::string_view why);
    void on_output_failed(int error);
    void on_signal(int signal);
    void stop(int signal);
    void leave(int exit_code, Duration at_most);
    void fail(int exit_code, std::string_view why);
    void end(int exit_code);
    void enter(Phase phase, Deadline until);
    [[nodiscard]] int code_when_done() const;

    const Options& options_;
    const std::string server_;    // as the user named it
    std::unique_ptr<Room> room_;  // where a person types
    StopSignal signal_{room_ != nullptr};
    Input input_;
    Output output_;
    std::optional<PlainView> plain_;    // where none does
    std::optional<Progress> progress_;  // there too
    Conversation conversation_;
    Dialer dialer_;
    Backoff redial_;
    Backoff resend_;
    std::optional<Link> link_;
    Phase phase_ = Phase::waiting;
    Deadline phase_until_;
    Deadline done_by_;     // --timeout
    Deadline give_up_at_;  // without a connection
    Deadline resend_at_;   // lines that the store did not take
    bool was_lost_ = false;
    std::uint64_t typed_ = 0;  // lines
    int exit_code_ = 0;
};

}  // namespace belfry::client
