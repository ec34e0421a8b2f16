#include "server/client_session.hpp"

#include "daemon/logger.hpp"
#include "server/history_answer.hpp"
#include "server/login_entries.hpp"
#include "shm/client_stats.hpp"
#include "shm/client_table.hpp"
#include "shm/news.hpp"
#include "shm/session_slots.hpp"
#include "shm/words.hpp"
#include "wire/print.hpp"

#include <chrono>
#include <variant>

namespace belfry::server {
namespace {

using Clock = SessionLoop::Clock;
using shm::EndReason;
using wire::ErrorCode;

/// The time between two attempts to read a store that does not work.
constexpr std::chrono::seconds store_retry{1};

/// How long a session waits until the cluster knows its end.
constexpr std::chrono::seconds logout_timeout{1};

/// What the questions of one session may cost, in lines of answers. A session that has used it up
/// does not read on for a while.
constexpr admission::Rate question_rate{.interval = std::chrono::microseconds{5},
                                        .burst = 1'000'000};

/// The cost of a question or of a failed command, in addition to the lines of its answer.
constexpr std::uint64_t cost_of_question = 200;

}  // namespace

ClientSession::ClientSession(SessionContext& context, const Subscription& subscription)
    : context_{&context},
      segment_{&context.segment},
      loop_{&context.loop},
      manual_ack_{subscription.manual_ack},
      store_{*segment_, context.heritage.data_dir},
      questions_{question_rate},
      parser_{segment_->geometry().max_payload},
      appender_{context} {}

// --- Reading ----------------------------------------------------------------------------------

void ClientSession::serve() {
    process_input();  // because commands may have come in one read with the login
    while (!loop_->ended()) {
        appender_.wait_for_delivery();
        if (!loop_->ended()) loop_->wait_for_input(Clock::time_point::max());
        if (!loop_->ended()) process_input();
    }
}

void ClientSession::process_input() {
    InputBuffer& input = loop_->input();
    while (!loop_->ended()) {
        const auto step = parser_.next(input.unread());
        input.consume(step.consumed);
        if (step.command) {
            handle(*step.command);
        } else if (step.consumed == 0) {
            break;
        }
    }
    appender_.append_pending();
    loop_->flush_answers();
}

void ClientSession::handle(const wire::Command& command) {
    // Answers keep the order of their commands, so pending messages are decided first.
    const bool appends =
        std::holds_alternative<wire::Send>(command) || std::holds_alternative<wire::Say>(command);
    if (!appends) appender_.append_pending();
    if (!loop_->ended()) std::visit([this](const auto& known) { answer(known); }, command);
    loop_->flush_many_answers();
}

/// Waits until the session may ask another question. It does not read meanwhile, so TCP holds the
/// client back.
/// @return false if the loop has ended
bool ClientSession::may_answer() {
    while (!loop_->ended() && !questions_.has_token(Clock::now())) {
        loop_->flush_answers();
        loop_->wait(questions_.next_token(Clock::now()));
    }
    return !loop_->ended();
}

void ClientSession::charge(std::uint64_t lines) noexcept {
    questions_.take(Clock::now(), static_cast<std::int64_t>(cost_of_question + lines));
}

void ClientSession::answer(const wire::Send& send) {
    appender_.add({send.seq, send.payload});
}

void ClientSession::answer(const wire::Say& say) {
    appender_.add({0, say.text});
}

void ClientSession::answer(const wire::Login& login) {
    if (login.secret) loop_->input().wipe(*login.secret);
    if (!may_answer()) return;
    charge(1);
    wire::print_error(loop_->answers(), ErrorCode::already_logged_in);
}

void ClientSession::answer(const wire::Ack& ack) {
    if (manual_ack_ && !context_->session.acknowledge(ack.id)) loop_->end(Fenced{});
}

void ClientSession::answer(const wire::History& asked) {
    if (!may_answer()) return;
    HistoryAnswer history{*segment_, store_, asked};
    while (!loop_->ended()) {
        const auto step = history.print_next(loop_->answers());
        if (step == HistoryAnswer::Step::end) return charge(history.printed());
        loop_->flush_answers();
        const bool later = step == HistoryAnswer::Step::later;
        // This wait also notices SIGTERM.
        loop_->wait(later ? Clock::now() + store_retry : Clock::now());
    }
}

void ClientSession::answer(const wire::Who& /*who*/) {
    if (!may_answer()) return;
    charge(segment_->geometry().client_rows);
    for (std::uint32_t row = 0; row < segment_->geometry().client_rows; ++row) {
        if (!shm::is_known(*segment_, row)) continue;
        wire::print(loop_->answers(),
                    wire::User{shm::name_of(*segment_, row), shm::is_online(*segment_, row),
                               shm::cursor_of(*segment_, row)});
    }
    wire::print_end_of_users(loop_->answers());
}

void ClientSession::answer(const wire::Ping& ping) {
    wire::print(loop_->answers(), wire::Pong{ping.token});
}

void ClientSession::answer(const wire::Quit& /*quit*/) {
    loop_->end(SessionEnd{EndReason::quit, bye_line("quit"), true});
}

void ClientSession::answer(const wire::Malformed& malformed) {
    if (malformed.close) {
        return loop_->end(
            SessionEnd{EndReason::protocol, error_line(malformed.code, malformed.seq), true});
    }
    if (!may_answer()) return;
    charge(1);
    const auto code = malformed.is_login ? ErrorCode::already_logged_in : malformed.code;
    wire::print_error(loop_->answers(), code, malformed.seq);
}

// --- Ending -----------------------------------------------------------------------------------

std::string ClientSession::leave() {
    SessionEnd end = this->end();
    if (end.answer_first && !wait_until_answered()) end = end_by_signal();
    shm::count_end(*segment_, context_->session.client(), end.reason);
    wait_for_logout(log_out(*segment_, context_->session));
    log_event(LogLevel::info, "client " +
                                  std::string{shm::name_of(*segment_, context_->session.row())} +
                                  " logged out: " + std::string{shm::name_of(end.reason)});
    return end.last_line;
}

/// Waits until the cluster knows the end of the login, so that a client that logs in at another
/// node as soon as it has the last line is not told again what it has acknowledged here.
/// @param entry the position after the end of the login; 0: there is nothing to wait for
void ClientSession::wait_for_logout(std::uint64_t entry) {
    if (entry == 0 || segment_->store_state() == shm::StoreState::fails) return;
    shm::wait_until_applied(*segment_, entry, Clock::now() + logout_timeout);
}

/// Returns what the cause of the loop's end means for this session.
SessionEnd ClientSession::end() {
    if (const auto* end = std::get_if<SessionEnd>(&loop_->cause())) return *end;
    if (std::holds_alternative<Terminated>(loop_->cause())) return end_by_signal();
    if (context_->session.is_current()) return {EndReason::lost, {}};
    return end_when_fenced();
}

/// The cluster has ended the login without another one when an operator has set the seq of the
/// client back: its session ends as by a reload.
SessionEnd ClientSession::end_when_fenced() const {
    if (!context_->session.is_ended_by_cluster()) return end_by_take_over();
    return {EndReason::shutting_down, bye_line("shutting-down")};
}

/// SIGTERM comes from a later login, from the replica if that login was at another node, from a
/// reload that has removed the client or changed its secrets, or from a stop.
SessionEnd ClientSession::end_by_signal() const {
    const bool stops = segment_->stop_word() != shm::StopWord::running;
    if (!stops && !context_->session.is_current()) return end_when_fenced();
    const bool removed = !stops && shm::is_unwanted(*segment_, context_->heritage.slot.slot);
    return {removed ? EndReason::removed : EndReason::shutting_down, bye_line("shutting-down")};
}

/// Waits until each message of the client has its SENT, and the login its LIVE.
/// @return false if SIGTERM or, in a cluster, a later login came before that
bool ClientSession::wait_until_answered() {
    DeliveryState& delivery = context_->delivery;
    if (!appender_.wait_until_applied()) return false;
    const auto is_answered = [&] {
        return delivery.ended() || (delivery.phase() == DeliveryPhase::live &&
                                    delivery.position() >= appender_.last_appended());
    };
    while (!is_answered()) {
        if (loop_->is_terminated()) return false;
        delivery.watch();
        if (!is_answered()) loop_->wait(Clock::time_point::max());
    }
    return true;
}

}  // namespace belfry::server
