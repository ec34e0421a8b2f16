#include "client/connection.hpp"

#include "base/endpoint.hpp"
#include "wire/frame_parser.hpp"
#include "wire/limits.hpp"
#include "wire/print.hpp"

#include <utility>
#include <variant>

namespace belfry::client {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration handshake_timeout = 10s;
constexpr base::Duration welcome_timeout = 10s;

/// After this time without a message stored, another server is tried.
constexpr base::Duration store_timeout = 5s;
constexpr std::size_t send_at_once = 262144;

// A server that expects TLS may answer plain bytes with an alert.
bool is_tls_alert(std::string_view bytes) {
    return bytes.starts_with("\x15\x03");
}

}  // namespace

Connection::Connection(Destination destination, ConversationOptions options, Observer& observer)
    : observer_{observer},
      conversation_{std::move(options), observer},
      servers_{std::move(destination.servers)},
      fail_fast_{destination.fail_fast} {
    if (destination.tls) tls_.emplace(*destination.tls);
}

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
    if (is_leaving()) return phase_until_;
    return base::earlier(base::earlier(phase_until_, resend_at_), change_at_);
}

void Connection::go_on(bool is_ready) {
    if (is_ready && phase_ == Phase::dialing) {
        follow(dialer_.go_on(base::Clock::now()));
    } else if (is_ready && socket_) {
        receive();
    }
    const auto now = base::Clock::now();
    if (base::has_passed(phase_until_, now)) end_phase(now);
    try_postponed_again(now);
    try_another_store(now);
}

void Connection::end_phase(base::TimePoint now) {
    if (phase_ == Phase::waiting) return follow(dialer_.start(server(), reach(), now));
    if (phase_ == Phase::dialing) return follow(dialer_.go_on(now));
    if (phase_ == Phase::shaking_hands) {
        return lost({.why = "no answer to the TLS handshake"});
    }
    if (phase_ == Phase::logging_in) return lost("no answer to the login");
    end(End::left);
}

// A secret must not cross a network in clear.
Dialer::Reach Connection::reach() const noexcept {
    return conversation_.has_secret() && !tls_ ? Dialer::Reach::this_machine
                                               : Dialer::Reach::anywhere;
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

// A node of a cluster that has lost touch with it stores nothing, but another one may.
void Connection::try_another_store(base::TimePoint now) {
    if (!is_online() || conversation_.store_works() || servers_.size() == 1) {
        change_at_.reset();
    } else if (!change_at_) {
        change_at_ = now + store_timeout;
    } else if (base::has_passed(change_at_, now)) {
        change_at_.reset();
        lost("the server cannot store messages");
    }
}

// --- from a socket to a login ---

void Connection::follow(Dialer::Result result) {
    if (auto* socket = std::get_if<base::UniqueFd>(&result))
        return begin_session(std::move(*socket));
    if (const auto* failed = std::get_if<Dialer::Failed>(&result)) return lost(failed->why);
    enter(Phase::dialing, dialer_.deadline());
}

void Connection::begin_session(base::UniqueFd socket) {
    std::optional<TlsSession> tls;
    if (tls_) tls.emplace(*tls_, server().host);
    socket_.emplace(std::move(socket), std::move(tls));
    if (socket_->is_established()) return log_in();
    enter(Phase::shaking_hands, base::Clock::now() + handshake_timeout);
}

void Connection::log_in() {
    // Enough for the line, so that the string leaves no copy of a secret behind as it grows.
    socket_->out().reserve(wire::max_line);
    conversation_.log_in(socket_->out());
    // A server that reads the line after this client has given up must not end a later session.
    socket_->set_reset(true);
    enter(Phase::logging_in, base::Clock::now() + welcome_timeout);
}

void Connection::welcome() {
    if (was_lost_) observer_.notice("reconnected");
    was_lost_ = false;
    redial_.reset();
    servers_.succeed();
    socket_->set_reset(false);
    socket_->wipe_sent();
    enter(Phase::online, std::nullopt);
}

// --- what the server says ---

void Connection::receive() {
    const bool goes_on = socket_->receive();
    if (phase_ == Phase::shaking_hands && socket_->is_established()) log_in();
    read_frames();
    if (socket_ && !goes_on) lost(socket_->loss());
}

void Connection::read_frames() {
    const bool may_be_alert = phase_ == Phase::logging_in && !tls_;
    if (may_be_alert && is_tls_alert(socket_->unread())) return end(End::wants_tls);
    while (socket_) {
        const auto step = wire::next_frame(socket_->unread());
        if (!step.frame) break;
        // Messages that come after QUIT are left to the next login.
        const bool ignored = is_leaving() && !std::holds_alternative<wire::Bye>(*step.frame);
        const auto event = ignored ? Conversation::Event::none : conversation_.take(*step.frame);
        socket_->consume(step.consumed);
        act(event);
    }
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
        case Event::needs_secret:
            return end(can_send_secret() ? End::needs_secret : End::refused,
                       conversation_.reason());
        case Event::busy:
            return busy();
        case Event::closing:
            return lost(conversation_.reason());
        case Event::taken_over:
            return end(is_leaving() ? End::left : End::taken_over);
        case Event::garbled:
            return end(End::garbled);
    }
}

void Connection::acknowledge(std::uint64_t up_to) {
    if (socket_) conversation_.acknowledge(socket_->out(), up_to);
}

// --- losses and the end ---

// With a single server, the refusal of the first login is final. Another server may have room.
void Connection::busy() {
    const bool is_final = may_give_up() && servers_.size() == 1;
    is_final ? end(End::refused, conversation_.reason()) : lost(conversation_.reason());
}

void Connection::lost(const Loss& loss) {
    if (is_leaving()) return end(End::left);
    if (loss.kind == Loss::Kind::untrusted) return end(End::untrusted, loss.why);
    if (loss.kind == Loss::Kind::no_tls) return end(End::no_tls);
    lost(std::string{loss.why}.append(hint()));
}

// A server that expects the other kind of bytes often says nothing at all.
std::string_view Connection::hint() const {
    if (!socket_->is_silent()) return {};
    if (phase_ == Phase::shaking_hands) return "; does the server speak TLS?";
    return tls_ ? "" : "; does the server expect TLS?";
}

void Connection::lost(std::string_view why) {
    if (is_leaving()) return end(End::left);
    const bool was_online = is_online();
    const bool round_goes_on = servers_.fail(why);
    socket_.reset();
    if (round_goes_on && !was_online) return enter(Phase::waiting, base::Clock::now());
    if (may_give_up()) return end(End::unreachable, servers_.failures());
    if (was_online) {
        observer_.notice("connection lost: " + std::string{why});
        was_lost_ = true;
    }
    const auto next_attempt = base::Clock::now() + redial_.next();
    enter(Phase::waiting, next_attempt);
    observer_.lost(next_attempt, why);
}

bool Connection::may_give_up() const noexcept {
    return fail_fast_ && !conversation_.has_been_welcome();
}

void Connection::connect() {
    if (is_waiting() || has_ended()) enter(Phase::waiting, base::Clock::now());
}

bool Connection::can_send_secret() const {
    return tls_ || base::peer_endpoint(socket_->fd()).is_loopback();
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
