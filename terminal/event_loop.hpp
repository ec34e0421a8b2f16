#pragma once

#include "base/clock.hpp"
#include "belfry/client.hpp"
#include "terminal/input.hpp"
#include "terminal/options.hpp"
#include "terminal/output.hpp"
#include "terminal/plain_view.hpp"
#include "terminal/signals.hpp"
#include "terminal/standard_error.hpp"
#include "terminal/tty_view.hpp"
#include "terminal/view.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace belfry::terminal {

/// The program's only event loop. It waits for standard input, standard output, the connection,
/// signals and deadlines, and handles each of them. While a person types, the loop runs inside the
/// editor's call for the next key. One per process.
class EventLoop {
  public:
    /// @param secret empty: none
    /// @throws cli::UsageError
    EventLoop(const Options& options, Secret secret);

    /// Runs until the program is done. @return the exit status
    [[nodiscard]] int run();

  private:
    // The descriptors that poll() has reported.
    struct Ready {
        bool signal = false;
        bool terminal = false;
        bool input = false;
        bool connection = false;
    };

    [[nodiscard]] View& view() noexcept;
    void listen();
    void on_state(const StateChange& change);
    void send(std::uint64_t line, std::string_view text);
    void refuse(std::uint64_t line, const Error& why);

    void log_in();
    void turn_until_answer();
    [[nodiscard]] bool turn_until_key();
    [[nodiscard]] bool wants_keys() const { return is_typing() && !is_ending(); }
    [[nodiscard]] bool is_online() const { return client_.state() == State::online; }
    [[nodiscard]] bool is_leaving() const { return client_.state() == State::closing; }
    [[nodiscard]] bool has_ended() const { return client_.state() == State::stopped; }
    [[nodiscard]] bool is_ending() const { return is_leaving() || has_ended(); }
    [[nodiscard]] bool is_typing() const { return tty_view_ && !tty_view_->has_ended(); }
    [[nodiscard]] bool input_has_ended() const;

    [[nodiscard]] Ready wait();
    [[nodiscard]] int timeout_ms() const;
    [[nodiscard]] base::Deadline wake_at() const;
    [[nodiscard]] bool wants_input() const;

    void go_on(const Ready& ready);
    void read_input();
    void print();
    void show_progress(base::TimePoint now);
    [[nodiscard]] bool is_catching_up() const;
    [[nodiscard]] std::string progress() const;
    void look_at_time(base::TimePoint now);
    void limit_time_offline(base::TimePoint now);
    [[nodiscard]] bool is_done() const;

    void on_output_failed(int error);
    void on_signal(int signal);
    void leave(int exit_code, base::Duration at_most);
    [[nodiscard]] int code_when_done() const;
    [[nodiscard]] int report_end() const;
    [[nodiscard]] std::string server() const;

    const Options& options_;
    std::unique_ptr<TtyView> tty_view_;  // if a person types at a terminal
    TerminationSignal signal_{tty_view_ != nullptr};
    Input input_;
    Output output_;
    std::optional<PlainView> plain_;    // if no person types
    std::optional<Progress> progress_;  // likewise
    Client client_;
    std::optional<base::TimePoint> last_welcome_;
    std::uint64_t received_ = 0;  // how many messages have come
    bool all_accepted_ = true;
    base::Deadline done_by_;     // --timeout
    base::Deadline give_up_at_;  // when to give up without a connection
    std::uint64_t typed_ = 0;    // how many lines have been typed
    int exit_code_ = 0;          // the exit status of leave()
};

}  // namespace belfry::terminal
