#include "client/conversation.hpp"

#include "wire/error_code.hpp"
#include "wire/print.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace belfry::client {
namespace {

Error explained(const wire::Error& error) {
    std::string text{error.code};
    if (!error.text.empty()) text.append(": ").append(error.text);
    return {std::string{error.code}, std::move(text)};
}

// Before WELCOME, other frames mean nothing.
template <typename Frame>
constexpr bool may_precede_welcome =
    std::is_same_v<Frame, wire::Welcome> || std::is_same_v<Frame, wire::Error> ||
    std::is_same_v<Frame, wire::Bye> || std::is_same_v<Frame, wire::Garbled>;

}  // namespace

bool Inbox::begin_session(const wire::Welcome& welcome) {
    const bool other_log = !epoch_.empty() && epoch_ != welcome.epoch;
    if (other_log) seen_ = 0;
    epoch_ = welcome.epoch;
    acked_ = welcome.cursor;
    seen_ = std::max(seen_, acked_);
    return other_log;
}

bool Inbox::take(std::uint64_t id) noexcept {
    if (!pass(id)) return false;
    if (left_) --*left_;
    return true;
}

// When the limit of messages is reached, no more ids are passed, so the next login gets the rest.
bool Inbox::pass(std::uint64_t id) noexcept {
    if (is_full() || id <= seen_) return false;
    seen_ = id;
    return true;
}

std::optional<std::uint64_t> Inbox::take_ack(std::uint64_t up_to) noexcept {
    const std::uint64_t id = std::min(seen_, up_to);
    if (id <= acked_) return std::nullopt;
    acked_ = id;
    return id;
}

Conversation::Conversation(ConversationOptions options, Observer& observer)
    : options_{std::move(options)},
      observer_{observer},
      inbox_{options_.count},
      unsent_{[this](std::uint64_t line, const Error& why) { observer_.refused(line, why); },
              [this](std::uint64_t line, std::uint64_t seq) { observer_.numbered(line, seq); }} {}

void Conversation::log_in(std::string& out) {
    is_logged_in_ = false;
    is_live_ = false;
    wire::Login login{.client_id = options_.client_id,
                      .manual_ack = true,
                      .presence = observer_.wants_presence()};
    if (has_secret()) login.secret = options_.secret.encoded();
    wire::print(out, login);
}

Conversation::Event Conversation::take(const wire::Frame& frame) {
    return std::visit(
        [this](const auto& known) {
            const bool counts = is_logged_in_ || may_precede_welcome<std::decay_t<decltype(known)>>;
            if (!counts) return Event::none;
            if constexpr (std::is_same_v<decltype(this->on(known)), Event>) return this->on(known);
            this->on(known);
            return Event::none;
        },
        frame);
}

void Conversation::acknowledge(std::string& out, std::uint64_t up_to) {
    if (!is_logged_in_) return;
    if (const auto id = inbox_.take_ack(up_to)) wire::print(out, wire::Ack{*id});
}

Conversation::Event Conversation::on(const wire::Welcome& frame) {
    if (inbox_.begin_session(frame)) observer_.notice("the server has started a new log");
    // Seqs continue after all that earlier runs used. The server would take a lower seq for a
    // repetition.
    unsent_.begin_session(std::max(frame.seq, frame.accepted), frame.max_payload);
    is_logged_in_ = true;
    store_works_ = true;
    has_been_welcome_ = true;
    observer_.welcome(frame);
    return Event::welcome;
}

void Conversation::on(const wire::Message& frame) {
    if (frame.past) {
        observer_.past(frame);
    } else if (inbox_.take(frame.id)) {
        observer_.message(frame);
    }
}

void Conversation::on(const wire::Sent& frame) {
    const bool is_new = inbox_.pass(frame.id);
    on_accepted(frame.seq, frame.id);
    store_works_ = true;
    if (is_new) observer_.sent(frame);
}

void Conversation::on(const wire::Dup& frame) {
    on_accepted(frame.seq, 0);
}

void Conversation::on_accepted(std::uint64_t seq, std::uint64_t id) {
    if (const auto line = unsent_.accept(seq)) observer_.accepted(*line, {.seq = seq, .id = id});
}

void Conversation::on(const wire::Live& frame) {
    is_live_ = true;
    observer_.live(frame);
}

void Conversation::on(const wire::Gap& frame) {
    const std::uint64_t first = std::max(frame.first_id, inbox_.seen() + 1);
    if (inbox_.pass(frame.last_id)) {
        observer_.notice("messages " + std::to_string(first) + " to " +
                         std::to_string(frame.last_id) + " no longer exist");
        observer_.gap({.first_id = first, .last_id = frame.last_id});
    }
    // The missing messages may include lines of this client whose SENT is lost. The server answers
    // DUP to each of these that was accepted.
    unsent_.send_all_again();
}

Conversation::Event Conversation::on(const wire::Error& frame) {
    if (!is_logged_in_) return on_refused_login(frame);
    on_refused_line(frame);
    return Event::none;
}

Conversation::Event Conversation::on_refused_login(const wire::Error& frame) {
    const auto code = wire::error_code_named(frame.code);
    reason_ = explained(frame);
    const bool passes = code == wire::ErrorCode::too_many_clients ||
                        code == wire::ErrorCode::login_timeout ||
                        code == wire::ErrorCode::unavailable;
    if (passes) return Event::busy;
    const bool needs_secret = code == wire::ErrorCode::login_refused && !has_secret();
    return needs_secret ? Event::needs_secret : Event::refused;
}

void Conversation::on_refused_line(const wire::Error& frame) {
    const auto code = wire::error_code_named(frame.code);
    if (frame.seq == 0) {
        const bool refuses_question =
            code == wire::ErrorCode::bad_line || code == wire::ErrorCode::unknown_command;
        observer_.notice("error from the server: " + explained(frame).text);
        if (refuses_question) observer_.question_refused(explained(frame));
    } else if (code == wire::ErrorCode::store_failed) {
        if (store_works_) observer_.notice("the server cannot store messages; retrying");
        store_works_ = false;
        unsent_.postpone(frame.seq);
    } else if (code == wire::ErrorCode::bad_seq) {
        unsent_.refuse_seq(frame.seq, explained(frame));
    } else {
        unsent_.refuse(frame.seq, explained(frame));
    }
}

Conversation::Event Conversation::on(const wire::Bye& frame) {
    if (frame.reason == "taken-over") return Event::taken_over;
    reason_ = {.code = {}, .text = "closed by the server: " + std::string{frame.reason}};
    return Event::closing;
}

}  // namespace belfry::client
