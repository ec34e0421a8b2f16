#include "terminal/event_loop.hpp"

#include "terminal/options.hpp"
#include "terminal/secret_source.hpp"
#include "terminal/standard_error.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace belfry::terminal {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration offline_timeout = 30s;
constexpr base::Duration bye_timeout = 5s;
constexpr base::Duration bye_timeout_when_stopped = 1s;
constexpr base::Duration bye_timeout_when_late = 100ms;

std::string named(const client::ServerAddress& server) {
    return server.host + " port " + server.port;
}

}  // namespace

EventLoop::EventLoop(const Options& options, client::Secret secret)
    : options_{options},
      tty_view_{TtyView::is_possible(options) ? std::make_unique<TtyView>(options) : nullptr},
      input_{STDIN_FILENO},
      output_{STDOUT_FILENO},
      connection_{options.destination,
                  {.client_id = options.client_id,
                   .count = options.count,
                   .acknowledges = !options.peek,
                   .secret = std::move(secret)},
                  tty_view_ ? static_cast<client::Observer&>(*tty_view_)
                            : plain_.emplace(options_, output_)} {
    if (!tty_view_) progress_.emplace();
    if (options.timeout) done_by_ = base::Clock::now() + *options.timeout;
}

int EventLoop::run() {
    log_in();
    if (wants_keys()) {
        tty_view_->read_lines(
            {.wait = [this] { return turn_until_key(); },
             .send = [this](std::string_view text) { connection_.send(++typed_, text); }});
        go_on({});  // From here on the program acts as after the end of a file.
    }
    while (!connection_.has_ended()) go_on(wait());
    const int exit_code = report_end();
    if (tty_view_) tty_view_->finish(connection_.conversation().unsent());
    return exit_code;
}

void EventLoop::log_in() {
    turn_until_answer();
    const bool needs_secret =
        connection_.has_ended() && connection_.end() == client::Connection::End::needs_secret;
    if (!needs_secret) return;
    if (auto secret = ask_secret(options_.client_id)) {
        connection_.log_in_with(*std::move(secret));
        turn_until_answer();
    }
}

void EventLoop::turn_until_answer() {
    while (!connection_.conversation().has_been_welcome() && !connection_.has_ended()) {
        go_on(wait());
    }
}

// Returns true when there is a key, which the editor then reads itself.
bool EventLoop::turn_until_key() {
    // The first turn does not wait. It sends the line that was just entered.
    for (Ready ready;; ready = wait()) {
        go_on(ready);
        if (!wants_keys()) return false;
        if (ready.input || tty_view_->has_keys()) return true;
    }
}

bool EventLoop::is_ending() const {
    return connection_.is_leaving() || connection_.has_ended();
}

bool EventLoop::input_has_ended() const {
    return tty_view_ ? tty_view_->has_ended() : input_.has_ended();
}

// --- waiting ---

EventLoop::Ready EventLoop::wait() const {
    const bool leaving = connection_.is_leaving();
    std::array<pollfd, 5> fds{{
        // The descriptor stays readable after a signal. A second signal ends the program at once.
        {leaving ? -1 : signal_.fd(), POLLIN, 0},
        {tty_view_ ? tty_view_->signal_fd() : -1, POLLIN, 0},
        {wants_input() ? input_.fd() : -1, POLLIN, 0},
        // More is read only after everything received has been printed. So a slow reader of
        // standard output holds back the server and fills no memory here.
        connection_.wanted(output_.is_written()),
        {leaving ? -1 : output_.poll_fd(), POLLOUT, 0},
    }};
    if (::poll(fds.data(), fds.size(), timeout_ms()) < 0) return {};
    return {.signal = fds[0].revents != 0,
            .terminal = fds[1].revents != 0,
            .input = fds[2].revents != 0,
            .connection = fds[3].revents != 0};
}

int EventLoop::timeout_ms() const {
    const base::Deadline first = wake_at();
    if (!first) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*first - base::Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, std::numeric_limits<int>::max()));
}

// While the program leaves, it shows nothing more and waits only for the answer to QUIT.
base::Deadline EventLoop::wake_at() const {
    if (connection_.is_leaving()) return connection_.wake_at();
    const base::Deadline shown = tty_view_ ? tty_view_->show_again_at() : progress_->next();
    return base::earlier(base::earlier(connection_.wake_at(), shown),
                         base::earlier(done_by_, give_up_at_));
}

bool EventLoop::wants_input() const {
    const client::Conversation& conversation = connection_.conversation();
    return conversation.has_been_welcome() && !connection_.is_leaving() && !input_has_ended() &&
           conversation.unsent().has_room();
}

// --- one turn of the loop ---

void EventLoop::go_on(const Ready& ready) {
    if (ready.signal) on_signal(TerminationSignal::number().value_or(0));
    if (ready.terminal) tty_view_->take_signals();
    connection_.go_on(ready.connection);
    if (ready.input && !tty_view_) read_input();
    print();
    look_at_time(base::Clock::now());
    if (connection_.is_online() && is_done()) leave(code_when_done(), bye_timeout);
    if (tty_view_ && connection_.is_online()) connection_.ask(tty_view_->take_commands());
    connection_.flush();
    if (tty_view_) tty_view_->show(connection_.conversation().unsent(), base::Clock::now());
}

void EventLoop::read_input() {
    input_.read();
    while (const auto line = input_.next()) {
        if (line->too_long) {
            connection_.refuse(line->number, line->text, "longer than any server accepts");
        } else {
            connection_.send(line->number, line->text);
        }
    }
}

void EventLoop::print() {
    if (is_ending()) return;
    const auto now = base::Clock::now();
    if (tty_view_) tty_view_->show(connection_.conversation().unsent(), now);
    if (progress_) show_progress(now);
    if (!output_.write()) return on_output_failed(errno);
    const bool is_shown = tty_view_ ? tty_view_->has_passed_on_all() : output_.is_written();
    if (is_shown) connection_.acknowledge();
}

void EventLoop::show_progress(base::TimePoint now) {
    if (output_.is_terminal() && !output_.is_written()) progress_->clear();
    const bool is_sending = !connection_.conversation().unsent().is_empty();
    if (is_catching_up() || is_sending) progress_->begin(now);
    if (progress_->is_due(now)) progress_->show(progress(), now);
}

bool EventLoop::is_catching_up() const {
    const client::Conversation& conversation = connection_.conversation();
    return !conversation.is_live() && conversation.has_been_welcome() && !output_.is_terminal();
}

std::string EventLoop::progress() const {
    if (is_catching_up()) {
        return "belfry: catching up: " + std::to_string(plain_->caught_up()) + " of " +
               std::to_string(plain_->backlog()) + " messages";
    }
    if (connection_.conversation().unsent().is_empty()) return {};
    const auto percent = input_.percent_read();
    return "belfry: lines accepted: " + std::to_string(plain_->accepted()) +
           (percent ? ", input read: " + std::to_string(*percent) + " %" : "");
}

void EventLoop::look_at_time(base::TimePoint now) {
    if (is_ending()) return;
    limit_time_offline(now);
    if (base::has_passed(give_up_at_, now)) {
        warn("no connection to " + named(connection_.server()) + "; giving up");
        leave(exit_code::no_connection, {});
    } else if (base::has_passed(done_by_, now)) {
        warn("timed out");
        leave(exit_code::timed_out, bye_timeout_when_late);
    }
}

void EventLoop::limit_time_offline(base::TimePoint now) {
    const bool stays = options_.follow || is_typing();
    if (connection_.is_online() || stays || !connection_.conversation().has_been_welcome()) {
        give_up_at_.reset();
    } else if (!give_up_at_ || *give_up_at_ < connection_.last_welcome() + offline_timeout) {
        give_up_at_ = now + offline_timeout;
    }
}

bool EventLoop::is_done() const {
    const client::Conversation& conversation = connection_.conversation();
    if (!conversation.unsent().is_empty() || !output_.is_written()) return false;
    if (options_.count) return conversation.inbox().is_full() && input_.is_drained();
    return !options_.follow && input_has_ended() && conversation.is_live();
}

// --- the end ---

void EventLoop::on_output_failed(int error) {
    // A reader that closes its pipe has read enough, so no warning is due.
    if (error != EPIPE) warn(std::string{"cannot write standard output: "} + std::strerror(error));
    leave(exit_code::io_failed, bye_timeout_when_stopped);
}

void EventLoop::on_signal(int signal) {
    if (signal == SIGINT && tty_view_ && tty_view_->interrupt()) return signal_.forget();
    print();
    const bool only_followed =
        options_.follow && input_has_ended() && connection_.conversation().unsent().is_empty();
    leave(only_followed ? code_when_done() : 128 + signal, bye_timeout_when_stopped);
}

void EventLoop::leave(int exit_code, base::Duration at_most) {
    exit_code_ = exit_code;
    const auto now = base::Clock::now();
    auto until = now + at_most;
    // --timeout limits this wait too, but leaves enough time to send the last ACK.
    if (done_by_) until = std::min(until, std::max(*done_by_, now + bye_timeout_when_late));
    done_by_.reset();
    connection_.leave(until);
}

int EventLoop::code_when_done() const {
    if (input_.has_failed()) return exit_code::io_failed;
    return connection_.conversation().all_accepted() ? exit_code::done : exit_code::not_accepted;
}

// Warns if the server or the network has ended the connection. Returns the exit status.
int EventLoop::report_end() const {
    using End = client::Connection::End;
    const std::string server = named(connection_.server());
    switch (connection_.end()) {
        case End::unreachable:
            warn("cannot connect to " +
                 (options_.destination.servers.size() == 1 ? server : "any server") + ": " +
                 connection_.reason());
            return exit_code::no_connection;
        case End::refused:
            warn("login refused: " + connection_.reason());
            return exit_code::login_refused;
        case End::needs_secret:
            // Ctrl-C instead of a secret needs no explanation.
            if (const auto signal = TerminationSignal::number()) return 128 + *signal;
            warn("login refused: " + connection_.reason() + " (no secret was given)");
            return exit_code::login_refused;
        case End::taken_over:
            warn("taken over by a later login of client-id " + options_.client_id);
            return exit_code::taken_over;
        case End::garbled:
            warn(server + " does not speak the Belfry protocol");
            return exit_code::no_connection;
        case End::untrusted:
            warn("cannot trust " + server + ": " + connection_.reason());
            return exit_code::no_connection;
        case End::no_tls:
            warn(server + " does not speak TLS; connect without --tls?");
            return exit_code::no_connection;
        case End::wants_tls:
            warn(server + " seems to expect TLS; use --tls");
            return exit_code::no_connection;
        case End::left:
            break;
    }
    return exit_code_;
}

}  // namespace belfry::terminal
