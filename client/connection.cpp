#include "client/connection.hpp"

#include "wire/frame_parser.hpp"
#include "wire/print.hpp"

#include <utility>
#include <variant>

namespace belfry::client {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration welcome_timeout = 10s;
constexpr std::size_t send_at_once = 262144;

}  // namespace

Connection::Connection(std::string host, std::string port, ConversationOptions options,
                       Observer& observer)
    : observer_{observer},
      conversation_{std::move(options), observer},
      dialer_{std::move(host), std::move(port)} {}

// --- the loop ---

pollfd Connection::wanted(bool takes_messages) const noexcept {
    if (phase_ == Phase::dialing) return {dialer_.fd(), POLLOUT, 0};
    if (!socket_) return {-1, 0, 0};
    const short in = takes_messages || is_leaving() ? POLLIN : 0;
    const short out = socket_->has_unsent() ? POLLOUT : 0;
    const auto events = static_cast<short>(in | out);
    // If there is no event to wait for, the descriptor is -1. Otherwise poll() would report the end
    // of a connection again and again.
    return {events != 0 ? socket_->fd() : -1, events, 0};
}

base::Deadline Connection::wake_at() const noexcept {
    return is_leaving() ? phase_until_ : base::earlier(phase_until_, resend_at_);
}

void Connection::go_on(bool is_ready) {
    if (is_ready && phase_ == Phase::dialing) {
        follow(dialer_.go_on(base::Clock::now()));
    } else if (is_ready && socket_) {
        read_frames();
    }
    const auto now = base::Clock::now();
    if (base::has_passed(phase_until_, now)) end_phase(now);
    try_postponed_again(now);
}

void Connection::end_phase(base::TimePoint now) {
    if (phase_ == Phase::waiting) return follow(dialer_.start(now));
    if (phase_ == Phase::dialing) return follow(dialer_.go_on(now));
    if (phase_ == Phase::logging_in) return lost("no answer to the login");
    end(End::left);
}

void Connection::flush() {
    if (!socket_) return;
    if (is_online()) conversation_.unsent().fill(socket_->out(), send_at_once);
    socket_->send();
}

void Connection::try_postponed_again(base::TimePoint now) {
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

// --- from a socket to a login ---

void Connection::follow(Dialer::Result result) {
    if (auto* socket = std::get_if<base::UniqueFd>(&result)) return log_in(std::move(*socket));
    if (const auto* failed = std::get_if<Dialer::Failed>(&result)) return lost(failed->why);
    enter(Phase::dialing, dialer_.deadline());
}

void Connection::log_in(base::UniqueFd socket) {
    socket_.emplace(std::move(socket));
    conversation_.log_in(socket_->out());
    enter(Phase::logging_in, base::Clock::now() + welcome_timeout);
}

void Connection::welcome() {
    last_welcome_ = base::Clock::now();
    if (was_lost_) observer_.notice("reconnected");
    was_lost_ = false;
    redial_.reset();
    enter(Phase::online, std::nullopt);
}

// --- what the server says ---

void Connection::read_frames() {
    const bool goes_on = socket_->receive();
    while (socket_) {
        const auto step = wire::next_frame(socket_->unread());
        if (!step.frame) break;
        // Messages that come after QUIT are left to the next login.
        const bool ignored = is_leaving() && !std::holds_alternative<wire::Bye>(*step.frame);
        const auto event = ignored ? Conversation::Event::none : conversation_.take(*step.frame);
        socket_->consume(step.consumed);
        act(event);
    }
    if (socket_ && !goes_on) lost(socket_->why());
}

void Connection::act(Conversation::Event event) {
    using Event = Conversation::Event;
    switch (event) {
        case Event::none:
            return;
        case Event::welcome:
            return welcome();
        case Event::refused:
            return end(End::refused, conversation_.reason());
        case Event::busy:
        case Event::closing:
            return lost(conversation_.reason());
        case Event::taken_over:
            return end(is_leaving() ? End::left : End::taken_over);
        case Event::garbled:
            return end(End::garbled);
    }
}

void Connection::acknowledge() {
    if (socket_) conversation_.acknowledge(socket_->out());
}

// --- losses and the end ---

void Connection::lost(std::string_view why) {
    if (is_leaving()) return end(End::left);
    if (!conversation_.has_been_welcome()) return end(End::unreachable, why);
    if (is_online()) {
        observer_.notice("connection lost: " + std::string{why});
        was_lost_ = true;
    }
    socket_.reset();
    const auto next_attempt = base::Clock::now() + redial_.next();
    enter(Phase::waiting, next_attempt);
    observer_.lost(next_attempt);
}

void Connection::leave(base::TimePoint until) {
    if (has_ended()) return;
    if (!is_online()) return end(End::left);
    wire::print(socket_->out(), wire::Quit{});
    enter(Phase::leaving, until);
}

void Connection::end(End end, std::string_view reason) {
    end_ = end;
    reason_ = reason;
    socket_.reset();
    enter(Phase::ended, std::nullopt);
}

void Connection::enter(Phase phase, base::Deadline until) {
    phase_ = phase;
    phase_until_ = until;
}

}  // namespace belfry::client
