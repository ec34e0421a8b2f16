#include "server/login.hpp"

#include "server/logger.hpp"
#include "server/peer.hpp"
#include "server/predecessor.hpp"
#include "server/process_title.hpp"
#include "server/refused_login.hpp"
#include "server/small_child.hpp"
#include "shm/client_stats.hpp"
#include "wire/command_parser.hpp"
#include "wire/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace belfry::server {
namespace {

using shm::EndReason;
using wire::ErrorCode;

/// How much one read may take beyond one whole message. All of it is appended before the session
/// looks whether its client reads.
constexpr std::uint64_t max_read_ahead = 64 << 10;
constexpr std::uint64_t read_ahead_part = 8;  // of the ring

std::size_t input_bytes(const shm::Geometry& geometry) {
    const auto read_ahead = std::min(max_read_ahead, geometry.ring_bytes / read_ahead_part);
    return wire::max_line + geometry.max_payload + 2 + static_cast<std::size_t>(read_ahead);
}

/// A connection that is not logged in.
class LoginPhase {
  public:
    LoginPhase(Heritage& heritage, shm::Session& session, SessionLoop& loop) noexcept
        : heritage_{&heritage}, segment_{&heritage.segment}, session_{&session}, loop_{&loop} {}

    [[nodiscard]] std::optional<Subscription> answer(const wire::Command& command);

  private:
    void answer_malformed(const wire::Malformed& malformed);
    [[nodiscard]] std::optional<Subscription> answer_login(const wire::Login& login);
    [[nodiscard]] std::optional<Subscription> start(const wire::Login& login,
                                                    const shm::Session::Welcome& welcome);
    void refuse(std::string_view client_id, ErrorCode code);
    void log_login(const wire::Login& login, const shm::Session::Welcome& welcome) const;

    Heritage* heritage_;
    shm::Segment* segment_;
    shm::Session* session_;
    SessionLoop* loop_;
};

/// @return what was logged in; none: nothing was, and unless the loop has ended it may try again
std::optional<Subscription> LoginPhase::answer(const wire::Command& command) {
    if (const auto* login = std::get_if<wire::Login>(&command)) return answer_login(*login);
    const auto* malformed = std::get_if<wire::Malformed>(&command);
    if (malformed != nullptr &&
        (malformed->is_login || malformed->code == ErrorCode::line_too_long)) {
        answer_malformed(*malformed);
    } else {
        loop_->end(SessionEnd{EndReason::protocol, error_line(ErrorCode::login_first)});
    }
    return {};
}

void LoginPhase::answer_malformed(const wire::Malformed& malformed) {
    const std::string line = error_line(malformed.code);
    if (malformed.close || !loop_->output().write(line))
        loop_->end(SessionEnd{EndReason::protocol, line});
}

std::optional<Subscription> LoginPhase::answer_login(const wire::Login& login) {
    // The client of a connection that was reset may have come again and be served already. That is
    // the later login.
    if (!is_connected(heritage_->socket.get())) {
        loop_->end(SessionEnd{EndReason::lost, {}});
        return {};
    }
    shm::Session::Welcome welcome;
    switch (session_->login(login.client_id, welcome)) {
        case shm::Session::LoginResult::unknown_client:
            refuse(login.client_id, ErrorCode::unknown_client);
            return {};
        case shm::Session::LoginResult::too_many_clients:
            refuse(login.client_id, ErrorCode::too_many_clients);
            return {};
        case shm::Session::LoginResult::no_slot:
            // The supervisor was killed just after the fork, and another one has taken the slot
            // back. That is no lack of room: to the client, its connection broke.
            loop_->end(SessionEnd{EndReason::failed, {}});
            return {};
        case shm::Session::LoginResult::welcome:
            break;
    }
    return start(login, welcome);
}

void LoginPhase::refuse(std::string_view client_id, ErrorCode code) {
    note_refused_login(*segment_, client_id, code, heritage_->socket.get());
    loop_->end(SessionEnd{EndReason::failed, error_line(code)});
}

/// Tells people.
void LoginPhase::log_login(const wire::Login& login, const shm::Session::Welcome& welcome) const {
    const std::string who = "client " + std::string{login.client_id};
    set_process_title(who);
    const bool takes_over = welcome.predecessor.has_value();
    log_event(LogLevel::info, who + " logged in from " + peer_of(heritage_->socket.get()) +
                                  ", process " + std::to_string(::getpid()) +
                                  (takes_over ? ", taking over an earlier session" : ""));
}

std::optional<Subscription> LoginPhase::start(const wire::Login& login,
                                              const shm::Session::Welcome& welcome) {
    if (welcome.predecessor) loop_->watch_predecessor(Predecessor{*segment_, *welcome.predecessor});
    shm::announce_presence(*segment_);
    shm::count_login(session_->client());
    loop_->admit(session_->client(), input_bytes(segment_->geometry()));
    log_login(login, welcome);
    const Subscription subscription{
        .cursor = welcome.cursor,
        .last = welcome.last,
        .seq = welcome.seq,
        .accepted = welcome.accepted,
        .end = segment_->log().last_id.load(std::memory_order_acquire),
        .manual_ack = login.manual_ack,
        .presence = login.presence,
    };
    // The output threads own it, because they may outlive this function and its callers.
    const auto delivery =
        std::make_shared<Delivery>(*segment_, *session_, subscription, loop_->output(),
                                   loop_->delivery(), heritage_->data_dir);
    if (!start_delivery(delivery)) {
        shm::count_end(*segment_, session_->client(), EndReason::failed);
        session_->leave();
        refuse(login.client_id, ErrorCode::too_many_clients);
        return {};
    }
    loop_->wait_for_welcome();
    return subscription;
}

}  // namespace

std::optional<Subscription> log_in(Heritage& heritage, shm::Session& session, SessionLoop& loop) {
    LoginPhase phase{heritage, session, loop};
    auto parser = wire::CommandParser::for_login();
    while (!loop.ended()) {
        const auto step = parser.next(loop.input().unread());
        loop.input().consume(step.consumed);
        if (step.command) {
            if (auto logged_in = phase.answer(*step.command)) return logged_in;
        } else if (step.consumed == 0) {
            loop.wait_for_input(heritage.login_deadline);
        }
        if (SessionLoop::Clock::now() >= heritage.login_deadline)
            loop.end(SessionEnd{EndReason::protocol, error_line(ErrorCode::login_timeout)});
    }
    return {};
}

}  // namespace belfry::server
