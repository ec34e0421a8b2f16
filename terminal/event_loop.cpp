#include "terminal/event_loop.hpp"

#include "cli/command_line.hpp"
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

Client opened(const Options& options, Secret secret, bool is_interactive) {
    auto client = Client::open({.id = options.client_id,
                                .servers = urls_of(options.destination),
                                .secret = std::move(secret),
                                .tls = options.destination.tls.value_or(Tls{}),
                                .ack = Ack::manual,
                                .presence = is_interactive,
                                .fail_fast = true,
                                .max_messages = options.count});
    if (!client) throw cli::UsageError{client.error().text};
    return std::move(*client);
}

// Says what is wrong with a server that cannot be used at all; null if it is another error.
const char* useless_server(std::string_view code) {
    if (code == "broken-server") return " does not speak the Belfry protocol";
    if (code == "untrusted") return "";
    if (code == "no-tls") return " does not speak TLS; connect without --tls?";
    if (code == "wants-tls") return " seems to expect TLS; use --tls";
    return nullptr;
}

}  // namespace

EventLoop::EventLoop(const Options& options, Secret secret)
    : options_{options},
      tty_view_{TtyView::is_possible(options) ? std::make_unique<TtyView>(options) : nullptr},
      input_{STDIN_FILENO},
      output_{STDOUT_FILENO},
      client_{opened(options, std::move(secret), tty_view_ != nullptr)} {
    if (!tty_view_) plain_.emplace(options_, output_);
    if (!tty_view_) progress_.emplace();
    if (options.timeout) done_by_ = base::Clock::now() + *options.timeout;
    listen();
}

View& EventLoop::view() noexcept {
    return tty_view_ ? static_cast<View&>(*tty_view_) : *plain_;
}

// --- what the server says ---

void EventLoop::listen() {
    client_.on_message([this](const Message& message) {
        ++received_;
        view().message(message);
    });
    client_.on_live([this](const Live&) { view().live(); });
    client_.on_presence([this](const Presence& presence) { view().presence(presence); });
    client_.on_notice([this](std::string_view text) { view().notice(text); });
    client_.on_state([this](const StateChange& change) { on_state(change); });
}

void EventLoop::on_state(const StateChange& change) {
    if (change.state == State::online) {
        last_welcome_ = base::Clock::now();
        view().welcome(change.welcome);
    }
    if (change.state == State::waiting) view().lost(change.retry_at);
}

void EventLoop::send(std::uint64_t line, std::string_view text) {
    view().sending(line, text);
    client_.send(text, [this, line](const Result<Receipt>& outcome) {
        if (outcome) return view().accepted(line, *outcome);
        // At the end it is not known whether the line was accepted.
        if (outcome.error().code != "closed") refuse(line, outcome.error());
    });
}

void EventLoop::refuse(std::uint64_t line, const Error& why) {
    all_accepted_ = false;
    view().refused(line, why);
}

// --- running ---

int EventLoop::run() {
    log_in();
    if (wants_keys()) {
        tty_view_->read_lines({.wait = [this] { return turn_until_key(); },
                               .send = [this](std::string_view text) { send(++typed_, text); }});
        go_on({});  // From here on the program acts as after the end of a file.
    }
    while (!has_ended()) go_on(wait());
    const int exit_code = report_end();
    if (tty_view_) tty_view_->finish();
    return exit_code;
}

void EventLoop::log_in() {
    turn_until_answer();
    if (!has_ended() || client_.error().code != "needs-secret") return;
    if (auto secret = ask_secret(options_.client_id)) {
        client_.set_secret(*std::move(secret));
        client_.connect();
        turn_until_answer();
    }
}

void EventLoop::turn_until_answer() {
    while (!last_welcome_ && !has_ended()) go_on(wait());
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

bool EventLoop::input_has_ended() const {
    return tty_view_ ? tty_view_->has_ended() : input_.has_ended();
}

// --- waiting ---

EventLoop::Ready EventLoop::wait() {
    const bool leaving = is_leaving();
    // More is read only after everything received has been printed. So a slow reader of standard
    // output holds back the server and fills no memory here.
    client_.pause(!output_.is_written());
    std::array<pollfd, 5> fds{{
        // The descriptor stays readable after a signal. A second signal ends the program at once.
        {leaving ? -1 : signal_.fd(), POLLIN, 0},
        {tty_view_ ? tty_view_->signal_fd() : -1, POLLIN, 0},
        {wants_input() ? input_.fd() : -1, POLLIN, 0},
        {client_.descriptor(), client_.events(), 0},
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
    if (is_leaving()) return client_.deadline();
    const base::Deadline shown = tty_view_ ? tty_view_->show_again_at() : progress_->next();
    return base::earlier(base::earlier(client_.deadline(), shown),
                         base::earlier(done_by_, give_up_at_));
}

bool EventLoop::wants_input() const {
    return last_welcome_ && !is_leaving() && !input_has_ended() && client_.has_room();
}

// --- one turn of the loop ---

void EventLoop::go_on(const Ready& ready) {
    if (ready.signal) on_signal(TerminationSignal::number().value_or(0));
    if (ready.terminal) tty_view_->take_signals();
    client_.step(ready.connection);
    if (ready.input && !tty_view_) read_input();
    print();
    look_at_time(base::Clock::now());
    if (is_online() && is_done()) leave(code_when_done(), bye_timeout);
    if (tty_view_ && is_online()) tty_view_->send_requests(client_);
    client_.step(false);  // sends what this turn has produced
    if (tty_view_) tty_view_->show(base::Clock::now());
}

void EventLoop::read_input() {
    input_.read();
    while (const auto line = input_.next()) {
        if (line->too_long) {
            refuse(line->number, {"too-large", "longer than any server accepts"});
        } else {
            send(line->number, line->text);
        }
    }
}

void EventLoop::print() {
    if (is_ending()) return;
    const auto now = base::Clock::now();
    if (tty_view_) tty_view_->show(now);
    if (progress_) show_progress(now);
    if (!output_.write()) return on_output_failed(errno);
    const bool is_shown = tty_view_ ? tty_view_->has_passed_on_all() : output_.is_written();
    if (is_shown && !options_.peek) client_.ack_all();
}

void EventLoop::show_progress(base::TimePoint now) {
    if (output_.is_terminal() && !output_.is_written()) progress_->clear();
    const bool is_sending = client_.unsent() != 0;
    if (is_catching_up() || is_sending) progress_->begin(now);
    if (progress_->is_due(now)) progress_->show(progress(), now);
}

bool EventLoop::is_catching_up() const {
    return !client_.is_live() && last_welcome_ && !output_.is_terminal();
}

std::string EventLoop::progress() const {
    if (is_catching_up()) {
        return "belfry: catching up: " + std::to_string(plain_->caught_up()) + " of " +
               std::to_string(plain_->backlog()) + " messages";
    }
    if (client_.unsent() == 0) return {};
    const auto percent = input_.percent_read();
    return "belfry: lines accepted: " + std::to_string(plain_->accepted()) +
           (percent ? ", input read: " + std::to_string(*percent) + " %" : "");
}

void EventLoop::look_at_time(base::TimePoint now) {
    if (is_ending()) return;
    limit_time_offline(now);
    if (base::has_passed(give_up_at_, now)) {
        warn("no connection to " + server() + "; giving up");
        leave(exit_code::no_connection, {});
    } else if (base::has_passed(done_by_, now)) {
        warn("timed out");
        leave(exit_code::timed_out, bye_timeout_when_late);
    }
}

void EventLoop::limit_time_offline(base::TimePoint now) {
    const bool stays = options_.follow || is_typing();
    if (is_online() || stays || !last_welcome_) {
        give_up_at_.reset();
    } else if (!give_up_at_ || *give_up_at_ < *last_welcome_ + offline_timeout) {
        give_up_at_ = now + offline_timeout;
    }
}

bool EventLoop::is_done() const {
    if (client_.unsent() != 0 || !output_.is_written()) return false;
    if (options_.count) return received_ == *options_.count && input_.is_drained();
    return !options_.follow && input_has_ended() && client_.is_live();
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
    const bool only_followed = options_.follow && input_has_ended() && client_.unsent() == 0;
    leave(only_followed ? code_when_done() : 128 + signal, bye_timeout_when_stopped);
}

void EventLoop::leave(int exit_code, base::Duration at_most) {
    exit_code_ = exit_code;
    const auto now = base::Clock::now();
    auto until = now + at_most;
    // --timeout limits this wait too, but leaves enough time to send the last ACK.
    if (done_by_) until = std::min(until, std::max(*done_by_, now + bye_timeout_when_late));
    done_by_.reset();
    client_.leave(until - now);
}

int EventLoop::code_when_done() const {
    if (input_.has_failed()) return exit_code::io_failed;
    return all_accepted_ ? exit_code::done : exit_code::not_accepted;
}

// Warns if the server or the network has ended the connection. Returns the exit status.
int EventLoop::report_end() const {
    const auto [code, text] = client_.error();
    if (code == "closed") return exit_code_;
    if (code == "taken-over") {
        warn("taken over by a later login of client-id " + options_.client_id);
        return exit_code::taken_over;
    }
    if (code == "unreachable") {
        const bool is_only_one = options_.destination.servers.size() == 1;
        warn("cannot connect to " + (is_only_one ? server() : "any server") + ": " + text);
        return exit_code::no_connection;
    }
    if (const auto* what = useless_server(code)) {
        warn(code == "untrusted" ? "cannot trust " + server() + ": " + text : server() + what);
        return exit_code::no_connection;
    }
    if (code == "needs-secret") {
        // Ctrl-C instead of a secret needs no explanation.
        if (const auto signal = TerminationSignal::number()) return 128 + *signal;
        warn("login refused: " + text + " (no secret was given)");
        return exit_code::login_refused;
    }
    warn("login refused: " + text);
    return exit_code::login_refused;
}

std::string EventLoop::server() const {
    const ServerAddress& server = options_.destination.servers[client_.server()];
    return server.host + " port " + server.port;
}

}  // namespace belfry::terminal
