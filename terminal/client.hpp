#pragma once

#include "base/clock.hpp"
#include "client/backoff.hpp"
#include "client/connection.hpp"
#include "client/conversation.hpp"
#include "client/dialer.hpp"
#include "terminal/input.hpp"
#include "terminal/options.hpp"
#include "terminal/output.hpp"
#include "terminal/plain_view.hpp"
#include "terminal/progress.hpp"
#include "terminal/stop_signal.hpp"
#include "terminal/tty_view.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

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

    [[nodiscard]] client::Observer& view();

    void turn_until_the_end();
    [[nodiscard]] bool turn_until_key();
    [[nodiscard]] bool wants_keys() const;
    [[nodiscard]] bool has_ended() const;
    [[nodiscard]] bool input_has_ended() const;

    [[nodiscard]] Ready wait() const;
    [[nodiscard]] int timeout_ms() const;
    [[nodiscard]] base::Deadline wake_at() const;
    [[nodiscard]] short events_of_connection() const;
    [[nodiscard]] bool wants_input() const;
    [[nodiscard]] bool wants_frames() const;

    void go_on(const Ready& ready);
    void look_at_time(base::TimePoint now);
    void end_phase(base::TimePoint now);
    void read_input();
    void read_frames();
    void act(client::Conversation::Event event);
    void print();
    void show_progress(base::TimePoint now);
    [[nodiscard]] bool is_catching_up() const;
    [[nodiscard]] std::string progress() const;
    void end_typing();
    void send();
    void try_postponed_again(base::TimePoint now);
    void leave_when_done();
    [[nodiscard]] bool is_done() const;

    void dial(base::TimePoint now);
    void follow(client::Dialer::Result result);
    void log_in(base::UniqueFd socket);
    void welcome();
    void lost(std::string_view why);
    void on_output_failed(int error);
    void on_signal(int signal);
    void stop(int signal);
    void leave(int exit_code, base::Duration at_most);
    void fail(int exit_code, std::string_view why);
    void end(int exit_code);
    void enter(Phase phase, base::Deadline until);
    [[nodiscard]] int code_when_done() const;

    const Options& options_;
    const std::string server_;           // as the user named it
    std::unique_ptr<TtyView> tty_view_;  // where a person types
    StopSignal signal_{tty_view_ != nullptr};
    Input input_;
    Output output_;
    std::optional<PlainView> plain_;    // where none does
    std::optional<Progress> progress_;  // there too
    client::Conversation conversation_;
    client::Dialer dialer_;
    client::Backoff redial_;
    client::Backoff resend_;
    std::optional<client::Connection> connection_;
    Phase phase_ = Phase::waiting;
    base::Deadline phase_until_;
    base::Deadline done_by_;     // --timeout
    base::Deadline give_up_at_;  // without a connection
    base::Deadline resend_at_;   // lines that the store did not take
    bool was_lost_ = false;
    std::uint64_t typed_ = 0;  // lines
    int exit_code_ = 0;
};

}  // namespace belfry::terminal
