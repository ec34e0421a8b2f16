#include "terminal/client.hpp"

#include "terminal/exit_code.hpp"
#include "terminal/warnings.hpp"
#include "wire/frame_parser.hpp"
#include "wire/print.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace belfry::terminal {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration welcome_within = 10s;
constexpr base::Duration without_connection_at_most = 30s;
constexpr base::Duration bye_within = 5s;
constexpr base::Duration bye_within_when_stopped = 1s;
constexpr base::Duration bye_within_when_late = 100ms;
constexpr std::size_t send_at_once = 262144;

}  // namespace

Client::Client(const Options& options)
    : options_{options},
      server_{options.server_ip + " port " + options.port},
      tty_view_{TtyView::is_possible(options) ? std::make_unique<TtyView>(options) : nullptr},
      input_{STDIN_FILENO},
      output_{STDOUT_FILENO},
      conversation_{
          {.client_id = options.client_id, .count = options.count, .acknowledges = !options.peek},
          view()},
      dialer_{options.server_ip, options.port} {
    if (!tty_view_) progress_.emplace();
    if (options.timeout) done_by_ = base::Clock::now() + *options.timeout;
}

client::Observer& Client::view() {
    if (tty_view_) return *tty_view_;
    return plain_.emplace(options_, output_);
}

int Client::run() {
    dial(base::Clock::now());
    while (!conversation_.has_been_welcome() && phase_ != Phase::ended) go_on(wait());
    if (tty_view_ && wants_keys()) {
        tty_view_->read_lines(
            {.wait = [this] { return turn_until_key(); },
             .send =
                 [this](std::string_view text) { conversation_.unsent().add(++typed_, text); }});
        end_typing();
    }
    turn_until_the_end();
    if (tty_view_) tty_view_->finish(conversation_.unsent());
    return exit_code_;
}

void Client::turn_until_the_end() {
    while (phase_ != Phase::ended) go_on(wait());
}

// What the keyboard holds is left to the editor.
bool Client::turn_until_key() {
    // What was typed before is sent first.
    for (Ready ready;; ready = wait()) {
        go_on(ready);
        if (!wants_keys()) return false;
        if (ready.input || tty_view_->has_keys()) return true;
    }
}

bool Client::wants_keys() const {
    return !tty_view_->has_ended() && !has_ended();
}

bool Client::has_ended() const {
    return phase_ == Phase::leaving || phase_ == Phase::ended;
}

bool Client::input_has_ended() const {
    return tty_view_ ? tty_view_->has_ended() : input_.has_ended();
}

// From now on it ends like the sending of a file.
void Client::end_typing() {
    if (phase_ != Phase::online && !options_.follow) {
        give_up_at_ = base::Clock::now() + without_connection_at_most;
    }
    go_on({});
}

// --- waiting ---

Client::Ready Client::wait() const {
    const bool dialing = phase_ == Phase::dialing;
    const int connection = dialing ? dialer_.fd() : connection_ ? connection_->fd() : -1;
    const short events = events_of_connection();
    std::array<pollfd, 5> fds{{
        // It stays readable when a signal has come, and a second one does not come here.
        {phase_ == Phase::leaving ? -1 : signal_.fd(), POLLIN, 0},
        {tty_view_ ? tty_view_->signal_fd() : -1, POLLIN, 0},
        {wants_input() ? input_.fd() : -1, POLLIN, 0},
        // Where nothing is wanted of the connection its end would be reported for ever.
        {events != 0 ? connection : -1, events, 0},
        {phase_ == Phase::leaving ? -1 : output_.poll_fd(), POLLOUT, 0},
    }};
    if (::poll(fds.data(), fds.size(), timeout_ms()) < 0) return {};
    return {.signal = fds[0].revents != 0,
            .terminal = fds[1].revents != 0,
            .input = fds[2].revents != 0,
            .connection = fds[3].revents != 0};
}

int Client::timeout_ms() const {
    const base::Deadline first = wake_at();
    if (!first) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*first - base::Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, std::numeric_limits<int>::max()));
}

// Who leaves shows nothing more, and waits for nothing but the answer to QUIT.
base::Deadline Client::wake_at() const {
    if (phase_ == Phase::leaving) return phase_until_;
    const base::Deadline shown = tty_view_ ? tty_view_->show_again_at() : progress_->next();
    return base::earlier(base::earlier(base::earlier(phase_until_, done_by_),
                                       base::earlier(give_up_at_, resend_at_)),
                         shown);
}

short Client::events_of_connection() const {
    if (phase_ == Phase::dialing) return POLLOUT;
    if (!connection_) return 0;
    const short in = wants_frames() ? POLLIN : 0;
    return static_cast<short>(in | (connection_->has_unsent() ? POLLOUT : 0));
}

bool Client::wants_input() const {
    return conversation_.has_been_welcome() && phase_ != Phase::leaving && !input_has_ended() &&
           conversation_.unsent().has_room();
}

// What has been received is printed before more is read, so that a slow reader of standard
// output holds the server back and nothing is kept here.
bool Client::wants_frames() const {
    return output_.is_written() || phase_ == Phase::leaving;
}

// --- one turn of the loop ---

void Client::go_on(const Ready& ready) {
    if (ready.signal) on_signal(StopSignal::number().value_or(0));
    if (ready.terminal) tty_view_->take_signals();
    if (phase_ == Phase::dialing && ready.connection) {
        follow(dialer_.go_on(base::Clock::now()));
    } else if (ready.connection && connection_) {
        read_frames();
    }
    if (ready.input && !tty_view_) read_input();
    print();
    look_at_time(base::Clock::now());
    leave_when_done();
    send();
    if (tty_view_) tty_view_->show(conversation_.unsent(), base::Clock::now());
}

void Client::look_at_time(base::TimePoint now) {
    if (base::has_passed(phase_until_, now)) end_phase(now);
    try_postponed_again(now);
    if (phase_ == Phase::leaving || phase_ == Phase::ended) return;
    if (base::has_passed(give_up_at_, now)) {
        return fail(exit_code::no_connection, "no connection to " + server_ + "; giving up");
    }
    if (base::has_passed(done_by_, now)) {
        warn("not done in time");
        leave(exit_code::timed_out, bye_within_when_late);
    }
}

void Client::end_phase(base::TimePoint now) {
    if (phase_ == Phase::waiting) return dial(now);
    if (phase_ == Phase::dialing) return follow(dialer_.go_on(now));
    if (phase_ == Phase::logging_in) return lost("no answer to the login");
    end(exit_code_);
}

void Client::read_input() {
    input_.read();
    while (const auto line = input_.next()) {
        if (line->too_long) {
            conversation_.refuse_line(line->number, line->text, "longer than any server takes");
        } else {
            conversation_.unsent().add(line->number, line->text);
        }
    }
}

void Client::read_frames() {
    const bool goes_on = connection_->receive();
    while (connection_) {
        const auto step = wire::next_frame(connection_->unread());
        if (!step.frame) break;
        // What comes behind QUIT is left to the next login.
        const bool ignored =
            phase_ == Phase::leaving && !std::holds_alternative<wire::Bye>(*step.frame);
        const auto event =
            ignored ? client::Conversation::Event::none : conversation_.take(*step.frame);
        connection_->consume(step.consumed);
        act(event);
    }
    if (connection_ && !goes_on) lost(connection_->why());
}

void Client::act(client::Conversation::Event event) {
    using Event = client::Conversation::Event;
    switch (event) {
        case Event::none:
            return;
        case Event::welcome:
            return welcome();
        case Event::refused:
            return fail(exit_code::login_refused, "login refused: " + conversation_.reason());
        case Event::busy:
        case Event::closing:
            return lost(conversation_.reason());
        case Event::taken_over:
            if (phase_ == Phase::leaving) return end(exit_code_);
            return fail(exit_code::taken_over,
                        "taken over by a later login of client-id " + options_.client_id);
        case Event::garbled:
            return fail(exit_code::no_connection, server_ + " does not speak the Belfry protocol");
    }
}

void Client::print() {
    if (has_ended()) return;
    const auto now = base::Clock::now();
    if (tty_view_) tty_view_->show(conversation_.unsent(), now);
    if (progress_) show_progress(now);
    if (!output_.write()) return on_output_failed(errno);
    const bool is_shown = tty_view_ ? tty_view_->has_passed_on_all() : output_.is_written();
    if (is_shown && connection_) conversation_.acknowledge(connection_->out());
}

void Client::show_progress(base::TimePoint now) {
    if (output_.is_terminal() && !output_.is_written()) progress_->clear();
    if (is_catching_up() || !conversation_.unsent().is_empty()) progress_->begin(now);
    if (progress_->is_due(now)) progress_->show(progress(), now);
}

bool Client::is_catching_up() const {
    return !conversation_.is_live() && conversation_.has_been_welcome() && !output_.is_terminal();
}

std::string Client::progress() const {
    if (is_catching_up()) {
        return "belfry: catching up: " + std::to_string(plain_->caught_up()) + " of " +
               std::to_string(plain_->backlog()) + " messages";
    }
    if (conversation_.unsent().is_empty()) return {};
    const auto percent = input_.percent_read();
    return "belfry: lines accepted: " + std::to_string(plain_->accepted()) +
           (percent ? ", input read: " + std::to_string(*percent) + " %" : "");
}

void Client::send() {
    if (!connection_) return;
    if (phase_ == Phase::online) {
        if (tty_view_) connection_->out() += tty_view_->take_commands();
        conversation_.unsent().fill(connection_->out(), send_at_once);
    }
    connection_->send();
}

void Client::try_postponed_again(base::TimePoint now) {
    if (conversation_.store_works()) resend_.reset();
    if (!conversation_.unsent().can_try_again()) {
        resend_at_.reset();
    } else if (!resend_at_) {
        resend_at_ = now + resend_.next();
    } else if (base::has_passed(resend_at_, now)) {
        conversation_.unsent().try_again();
        resend_at_.reset();
    }
}

void Client::leave_when_done() {
    if (phase_ == Phase::online && is_done()) leave(code_when_done(), bye_within);
}

bool Client::is_done() const {
    if (!conversation_.unsent().is_empty() || !output_.is_written()) return false;
    if (options_.count) return conversation_.inbox().is_full() && input_.is_drained();
    return !options_.follow && input_has_ended() && conversation_.is_live();
}

// --- the connection ---

void Client::dial(base::TimePoint now) {
    follow(dialer_.start(now));
}

void Client::follow(client::Dialer::Result result) {
    if (auto* socket = std::get_if<base::UniqueFd>(&result)) return log_in(std::move(*socket));
    if (const auto* failed = std::get_if<client::Dialer::Failed>(&result)) return lost(failed->why);
    enter(Phase::dialing, dialer_.deadline());
}

void Client::log_in(base::UniqueFd socket) {
    connection_.emplace(std::move(socket));
    conversation_.log_in(connection_->out());
    enter(Phase::logging_in, base::Clock::now() + welcome_within);
}

void Client::welcome() {
    if (was_lost_) warn("connection back");
    was_lost_ = false;
    give_up_at_.reset();
    redial_.reset();
    enter(Phase::online, std::nullopt);
}

void Client::lost(std::string_view why) {
    if (phase_ == Phase::leaving) return end(exit_code_);
    if (!conversation_.has_been_welcome()) {
        return fail(exit_code::no_connection,
                    "cannot connect to " + server_ + ": " + std::string{why});
    }
    const auto now = base::Clock::now();
    if (phase_ == Phase::online) {
        warn("connection lost: " + std::string{why});
        was_lost_ = true;
        const bool stays = options_.follow || (tty_view_ && !tty_view_->has_ended());
        if (!stays) give_up_at_ = now + without_connection_at_most;
    }
    connection_.reset();
    enter(Phase::waiting, now + redial_.next());
    if (tty_view_) tty_view_->lost(*phase_until_);
}

// --- the end ---

void Client::on_output_failed(int error) {
    // Who closes a pipe has read enough, and wants to hear nothing.
    if (error != EPIPE) warn(std::string{"cannot write standard output: "} + std::strerror(error));
    leave(exit_code::io_failed, bye_within_when_stopped);
}

void Client::on_signal(int signal) {
    if (signal == SIGINT && tty_view_ && tty_view_->interrupt()) return signal_.forget();
    stop(signal);
}

void Client::stop(int signal) {
    print();
    const bool only_followed =
        options_.follow && input_has_ended() && conversation_.unsent().is_empty();
    leave(only_followed ? code_when_done() : 128 + signal, bye_within_when_stopped);
}

int Client::code_when_done() const {
    if (input_.has_failed()) return exit_code::io_failed;
    return conversation_.all_accepted() ? exit_code::done : exit_code::not_accepted;
}

void Client::leave(int exit_code, base::Duration at_most) {
    if (phase_ != Phase::online) return end(exit_code);
    exit_code_ = exit_code;
    wire::print(connection_->out(), wire::Quit{});
    const auto now = base::Clock::now();
    auto until = now + at_most;
    // --timeout bounds the farewell too, but for the moment that the last ACK takes to go out.
    if (done_by_) until = std::min(until, std::max(*done_by_, now + bye_within_when_late));
    done_by_.reset();
    enter(Phase::leaving, until);
}

void Client::fail(int exit_code, std::string_view why) {
    warn(why);
    end(exit_code);
}

void Client::end(int exit_code) {
    exit_code_ = exit_code;
    connection_.reset();
    enter(Phase::ended, std::nullopt);
}

void Client::enter(Phase phase, base::Deadline until) {
    phase_ = phase;
    phase_until_ = until;
}

}  // namespace belfry::terminal
