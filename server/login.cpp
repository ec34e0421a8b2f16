#include "server/login.hpp"

#include "daemon/logger.hpp"
#include "daemon/process_title.hpp"
#include "server/authentication.hpp"
#include "server/cluster_login.hpp"
#include "server/login_entries.hpp"
#include "server/predecessor.hpp"
#include "server/refusals.hpp"
#include "server/session_process.hpp"
#include "server/small_child.hpp"
#include "shm/client_stats.hpp"
#include "wire/command_parser.hpp"
#include "wire/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace belfry::server {
namespace {

using shm::EndReason;
using wire::ErrorCode;
using Clock = SessionLoop::Clock;

/// A refused login is answered a multiple of this time after its line.
constexpr std::chrono::milliseconds refusal_interval{100};

/// How many bytes one read may take beyond one whole message. The session appends all of them
/// before it checks whether its client reads.
constexpr std::uint64_t max_read_ahead = 64 << 10;
constexpr std::uint64_t read_ahead_part = 8;  // of the ring

std::size_t input_bytes(const shm::Geometry& geometry) {
    const auto read_ahead = std::min(max_read_ahead, geometry.ring_bytes / read_ahead_part);
    return wire::max_line + geometry.max_payload + 2 + static_cast<std::size_t>(read_ahead);
}

int exit_status_for(ErrorCode refusal) {
    switch (refusal) {
        case ErrorCode::too_many_clients:
            return EXIT_SUCCESS;
        case ErrorCode::unavailable:
            return exit_unavailable;
        default:
            return exit_failed_login;
    }
}

void refuse(SessionContext& context, std::string_view client_id, ErrorCode code) {
    log_refused_login(context.segment, client_id, code, context.heritage.peer);
    context.loop.end(SessionEnd{.reason = EndReason::failed,
                                .last_line = error_line(code),
                                .exit_status = exit_status_for(code)});
}

/// Returns the end of a connection that sends no login.
SessionEnd garbage(std::string line) {
    return {.reason = EndReason::protocol,
            .last_line = std::move(line),
            .exit_status = exit_failed_login};
}

void log_login(const SessionContext& context, std::string_view client_id, bool takes_over) {
    const std::string who = "client " + std::string{client_id};
    set_process_title(who);
    log_event(LogLevel::info, who + " logged in from " + to_string(context.heritage.peer.endpoint) +
                                  ", process " + std::to_string(::getpid()) +
                                  (takes_over ? ", taking over an earlier session" : ""));
}

/// Refuses a client that has not proved who it is. The answer comes a multiple of 100 ms after its
/// line, so that its time does not tell whether the client is known.
void refuse_without_proof(SessionContext& context, std::string_view client_id,
                          Clock::time_point came) {
    const auto taken = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - came);
    const auto answer_at =
        came + refusal_interval * (1 + (taken - std::chrono::milliseconds{1}) / refusal_interval);
    while (!context.loop.ended() && Clock::now() < answer_at) context.loop.wait(answer_at);
    if (!context.loop.ended()) refuse(context, client_id, ErrorCode::login_refused);
}

/// Starts the session of a login that was accepted.
std::optional<Subscription> start(SessionContext& context, const wire::Login& login,
                                  const shm::Session::Welcome& welcome) {
    shm::Segment& segment = context.segment;
    shm::Session& session = context.session;
    SessionLoop& loop = context.loop;
    if (welcome.predecessor) loop.watch_predecessor(Predecessor{segment, *welcome.predecessor});
    shm::announce_presence(segment);
    shm::count_login(session.client());
    loop.admit(session.client(), input_bytes(segment.geometry()));
    log_login(context, login.client_id, welcome.predecessor.has_value());
    const Subscription subscription{
        .welcome = welcome,
        .end = segment.log().last_id.load(std::memory_order_acquire),
        .manual_ack = login.manual_ack,
        .presence = login.presence,
    };
    // The output threads own it, because they may outlive this function and its callers.
    const auto delivery = std::make_shared<Delivery>(context, subscription);
    if (!start_delivery(delivery)) {
        shm::count_end(segment, session.client(), EndReason::failed);
        log_out(segment, session);
        refuse(context, login.client_id, ErrorCode::too_many_clients);
        return {};
    }
    loop.wait_for_welcome();
    return subscription;
}

/// Makes this the session of the client. @return nothing if the loop has ended meanwhile
std::optional<shm::Session::LoginResult> become_session(SessionContext& context,
                                                        std::string_view client_id,
                                                        shm::Session::Welcome& welcome,
                                                        std::uint64_t secret_version) {
    if (!context.segment.is_in_cluster()) {
        return context.session.login(client_id, welcome, secret_version);
    }
    return ClusterLogin{context, client_id, secret_version}.log_in(welcome);
}

std::optional<Subscription> answer_login(SessionContext& context, const wire::Login& line) {
    const auto came = Clock::now();
    const Authentication proof = authenticate(context.heritage, line);
    // The secret is overwritten before anybody hears of the login, and before the buffer may be
    // replaced by a larger one.
    const std::string client_id{line.client_id};
    context.loop.input().wipe();
    const wire::Login login{
        .client_id = client_id, .manual_ack = line.manual_ack, .presence = line.presence};
    if (proof.refusal == ErrorCode::login_refused) {
        refuse_without_proof(context, login.client_id, came);
        return {};
    }
    if (proof.refusal) {
        refuse(context, login.client_id, *proof.refusal);
        return {};
    }
    // If this connection is gone, its client may have logged in again since. That login must not
    // be taken over by this earlier one.
    if (context.loop.peer_is_gone()) {
        context.loop.end(SessionEnd{EndReason::lost, {}});
        return {};
    }
    shm::Session::Welcome welcome;
    const auto result = become_session(context, login.client_id, welcome, proof.secret_version);
    if (!result) return {};
    switch (*result) {
        case shm::Session::LoginResult::unknown_client:
            if (!asks_for_secrets(context.heritage)) {
                refuse(context, login.client_id, ErrorCode::unknown_client);
                return {};
            }
            [[fallthrough]];
        case shm::Session::LoginResult::secret_changed:
            refuse_without_proof(context, login.client_id, came);
            return {};
        case shm::Session::LoginResult::too_many_clients:
            refuse(context, login.client_id, ErrorCode::too_many_clients);
            return {};
        case shm::Session::LoginResult::not_current:
            refuse(context, login.client_id, ErrorCode::unavailable);
            return {};
        case shm::Session::LoginResult::no_slot:
            // The supervisor was killed just after the fork, and another one has taken the slot
            // back. There may be room for the client, so its connection is closed without an error.
            context.loop.end(SessionEnd{EndReason::failed, {}});
            return {};
        case shm::Session::LoginResult::welcome:
            break;
    }
    return start(context, login, welcome);
}

/// @return the subscription; nothing if no client logged in, and then it may try again unless the
/// loop has ended
std::optional<Subscription> answer(SessionContext& context, const wire::Command& command) {
    if (const auto* login = std::get_if<wire::Login>(&command)) {
        return answer_login(context, *login);
    }
    const auto* malformed = std::get_if<wire::Malformed>(&command);
    const bool is_login = malformed != nullptr &&
                          (malformed->is_login || malformed->code == ErrorCode::line_too_long);
    const std::string line = error_line(is_login ? malformed->code : ErrorCode::login_first);
    if (!is_login || malformed->close || !context.loop.output().write(line)) {
        context.loop.end(garbage(line));
    }
    return {};
}

}  // namespace

std::optional<Subscription> log_in(SessionContext& context) {
    SessionLoop& loop = context.loop;
    const auto deadline = context.heritage.login_deadline;
    auto parser = wire::CommandParser::for_login();
    bool is_late = false;
    while (!loop.ended()) {
        const auto step = parser.next(loop.input().unread());
        loop.input().consume(step.consumed);
        if (step.command) {
            auto logged_in = answer(context, *step.command);
            loop.input().wipe();  // because a malformed line may have had a secret
            if (logged_in) return logged_in;
        } else if (step.consumed == 0 && is_late) {
            loop.end(garbage(error_line(ErrorCode::login_timeout)));
        } else if (step.consumed == 0) {
            // A LOGIN that has arrived in time counts, even if this process got no processor time.
            is_late = SessionLoop::Clock::now() >= deadline;
            loop.wait_for_input(deadline);
        }
    }
    return {};
}

}  // namespace belfry::server
