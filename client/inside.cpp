#include "client/inside.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace belfry {
namespace {

int timeout_ms(const base::Deadline& deadline) {
    if (!deadline) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*deadline - base::Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, std::numeric_limits<int>::max()));
}

Error closed() {
    return {"closed", "the client was closed"};
}

Error in_callback() {
    return {"in-callback", "a callback must not wait"};
}

}  // namespace

Client::Inside::Inside(Options options, client::Destination destination)
    : acks_what_is_taken_{options.ack == Ack::taken},
      wants_presence_{options.presence},
      owner_{::getpid()},
      connection_{std::move(destination),
                  {.client_id = std::move(options.id),
                   .count = options.max_messages,
                   .secret = std::move(options.secret)},
                  *this} {}

Client::Inside::~Inside() {
    end_thread();
}

void Client::Inside::End::operator()(Inside* inside) const noexcept {
    const bool is_forked = inside->owner_ != ::getpid();
    if (is_forked && inside->thread_.joinable()) return;
    delete inside;
}

// --- messages ---

void Client::Inside::send(std::string_view payload, Completion&& completion,
                          SendOptions&& options) {
    if (is_closed_) {
        if (completion) completion(closed());
        return;
    }
    const auto number = sendings_.add(std::move(completion), std::move(options.on_seq));
    connection_.send(number, payload, options.seq);
    is_send_due_ = true;
    want_step();
}

Result<Done> Client::Inside::settle(base::Deadline until) {
    const auto is_settled = [this] { return connection_.conversation().unsent().is_empty(); };
    const auto has_ended = [&] { return is_settled() || state_ == State::stopped; };
    std::unique_lock lock{mutex};
    if (is_stepping_) return in_callback();
    if (!wait_until(lock, has_ended, until)) {
        return Error{"timed-out", "not all messages are settled"};
    }
    if (is_settled()) return Done{};
    return error_;
}

Result<Message> Client::Inside::receive(base::Deadline until) {
    std::unique_lock lock{mutex};
    if (is_stepping_) return in_callback();
    if (acks_what_is_taken_) ack(given());
    // What the program has sent leaves before more is given to it.
    if (is_send_due_ && !thread_.joinable()) step(false);
    const bool was_full = delivery_.is_full();
    std::optional<Message> message;
    const auto has_come = [&] {
        return (message = delivery_.take()).has_value() || state_ == State::stopped;
    };
    if (!wait_until(lock, has_come, until)) return Error{"timed-out", "no message in time"};
    if (was_full) wake();
    if (!message) return error_;
    return *std::move(message);
}

void Client::Inside::ack(std::uint64_t id) {
    const std::uint64_t now = std::min(id, given());
    if (now <= taken_) return;
    taken_ = now;
    want_step();
}

std::uint64_t Client::Inside::given() const {
    return delivery_.given(connection_.conversation().inbox().seen());
}

// --- questions ---

void Client::Inside::history(std::uint64_t first, std::uint64_t count,
                             client::Questions::OnHistory completion) {
    if (state_ == State::stopped || is_closed_) {
        if (completion) completion(is_closed_ ? closed() : error_);
        return;
    }
    questions_.history(first, count, std::move(completion));
    want_step();
}

void Client::Inside::who(client::Questions::OnUsers completion) {
    if (state_ == State::stopped || is_closed_) {
        if (completion) completion(is_closed_ ? closed() : error_);
        return;
    }
    questions_.who(std::move(completion));
    want_step();
}

// --- what the server says ---

void Client::Inside::notice(std::string_view text) {
    if (on_notice) on_notice(text);
}

void Client::Inside::welcome(const wire::Welcome& frame) {
    const bool is_other_log = welcome_ && welcome_->epoch != frame.epoch;
    if (is_other_log) taken_ = 0;
    delivery_.begin_session(frame);
    questions_.begin_session();
    is_due_ = true;
    welcome_ = Welcome{.id = std::string{frame.client_id},
                       .epoch = std::string{frame.epoch},
                       .cursor = frame.cursor,
                       .last = frame.last,
                       .seq = std::max(frame.seq, frame.accepted),
                       .max_payload = frame.max_payload,
                       .server = std::string{frame.server}};
    enter({.state = State::online, .welcome = *welcome_});
}

void Client::Inside::lost(base::TimePoint next_attempt, std::string_view why) {
    enter(
        {.state = State::waiting, .error = {"closed", std::string{why}}, .retry_at = next_attempt});
}

void Client::Inside::presence(const wire::Presence& frame) {
    if (on_presence) on_presence({std::string{frame.client_id}, frame.online});
}

void Client::Inside::enter(const StateChange& change) {
    state_ = change.state;
    error_ = change.error;
    if (on_state) on_state(change);
}

// --- connecting and leaving ---

void Client::Inside::connect() {
    if (is_closed_) return;
    connection_.connect();
    if (connection_.is_waiting()) state_ = State::connecting;
    want_step();
}

void Client::Inside::use(Secret secret) {
    connection_.use(std::move(secret));
}

void Client::Inside::leave(Duration timeout) {
    if (is_closed_ && state_ == State::stopped) return;
    is_closed_ = true;
    leaves_within_ = timeout;
    if (state_ != State::stopped) enter({.state = State::closing});
    want_step();
}

void Client::Inside::close(Duration timeout) {
    {
        std::unique_lock lock{mutex};
        leave(timeout);
        if (is_stepping_) return;
        const auto has_stopped = [this] { return state_ == State::stopped && !leaves_within_; };
        static_cast<void>(wait_until(lock, has_stopped, {}));
    }
    end_thread();
}

// --- one step ---

bool Client::Inside::needs_answer() const noexcept {
    return is_closed_ || !questions_.is_empty() || !connection_.conversation().unsent().is_empty();
}

// While the program takes no messages, the server waits, unless an answer is due after them.
pollfd Client::Inside::wanted() const noexcept {
    return connection_.wanted(!is_paused_ && (!delivery_.is_full() || needs_answer()));
}

base::Deadline Client::Inside::deadline() const noexcept {
    return is_due_ ? base::Deadline{base::TimePoint{}} : connection_.wake_at();
}

void Client::Inside::step(bool is_ready) noexcept {
    if (std::exchange(is_stepping_, true)) return;
    connection_.go_on(is_ready);
    if (state_ == State::waiting && !connection_.is_waiting()) enter({.state = State::connecting});
    is_due_ = is_send_due_ = false;
    do_what_is_due();
    connection_.flush();
    note_end();
    is_stepping_ = false;
}

void Client::Inside::do_what_is_due() {
    const bool calls_back = static_cast<bool>(delivery_.callbacks.message);
    if (acks_what_is_taken_ && calls_back) taken_ = std::max(taken_, given());
    if (connection_.is_online()) {
        connection_.acknowledge(taken_);
        if (questions_.are_due()) connection_.ask(questions_.take_commands());
    }
    if (leaves_within_) connection_.leave(base::Clock::now() + *std::exchange(leaves_within_, {}));
}

void Client::Inside::note_end() {
    if (!connection_.has_ended()) return;
    if (state_ != State::stopped) enter({.state = State::stopped, .error = end_error()});
    if (!connection_.has_ended()) return;
    questions_.fail_all(error_);
    if (is_closed_) sendings_.fail_all(closed());
}

Error Client::Inside::end_error() const {
    using End = client::Connection::End;
    const std::string& reason = connection_.reason();
    switch (connection_.end()) {
        case End::unreachable:
            return {"unreachable", reason};
        case End::refused:
            return {connection_.conversation().reason_code(), reason};
        case End::needs_secret:
            return {"needs-secret", reason};
        case End::taken_over:
            return {"taken-over", "a later login of this client-id has taken over"};
        case End::garbled:
            return {"broken-server", "the server does not speak the Belfry protocol"};
        case End::untrusted:
            return {"untrusted", reason};
        case End::no_tls:
            return {"no-tls", "the server does not speak TLS"};
        case End::wants_tls:
            return {"wants-tls", "the server seems to expect TLS"};
        case End::left:
            break;
    }
    return closed();
}

void Client::Inside::pause(bool is_paused) {
    is_paused_ = is_paused;
    wake();
}

// --- waiting ---

void Client::Inside::want_step() {
    is_due_ = true;
    wake();
}

void Client::Inside::turn(base::Deadline until) {
    pollfd ready = wanted();
    const int count = ::poll(&ready, 1, timeout_ms(base::earlier(deadline(), until)));
    step(count > 0);
}

// --- the thread ---

void Client::Inside::start() {
    if (thread_.joinable()) return;
    wake_ = base::UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Client::Inside::run() {
    std::unique_lock lock{mutex};
    while (!ends_thread_) {
        std::array<pollfd, 2> ready{{wanted(), {wake_.get(), POLLIN, 0}}};
        const int timeout = timeout_ms(deadline());
        is_polling_ = true;
        lock.unlock();
        static_cast<void>(::poll(ready.data(), ready.size(), timeout));
        lock.lock();
        is_polling_ = false;
        eventfd_t count = 0;
        if (ready[1].revents != 0) ::eventfd_read(wake_.get(), &count);
        step(ready[0].revents != 0);
        changed_.notify_all();
    }
}

void Client::Inside::wake() noexcept {
    if (std::exchange(is_polling_, false)) ::eventfd_write(wake_.get(), 1);
}

void Client::Inside::end_thread() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock{mutex};
        ends_thread_ = true;
        wake();
    }
    thread_.join();
    ends_thread_ = false;
}

}  // namespace belfry
