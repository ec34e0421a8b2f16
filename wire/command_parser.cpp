#include "wire/command_parser.hpp"

#include "wire/fields.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

using Step = CommandParser::Step;

constexpr Malformed bad_line{.code = ErrorCode::bad_line};

std::optional<bool> one_of(std::string_view value, std::string_view no, std::string_view yes) {
    if (value == yes) return true;
    if (value == no) return false;
    return std::nullopt;
}

bool assign(bool& to, std::optional<bool> value) noexcept {
    to = value.value_or(to);
    return value.has_value();
}

Command login(std::string_view text) noexcept {
    Fields fields{text};
    Login login{.client_id = fields.next_or_empty()};
    const bool good = is_client_id(login.client_id) &&
                      take_options(fields, [&](std::string_view key, std::string_view value) {
                          if (key == "ack") {
                              return assign(login.manual_ack, one_of(value, "auto", "manual"));
                          }
                          if (key == "presence") {
                              return assign(login.presence, one_of(value, "off", "on"));
                          }
                          return true;
                      });
    if (!good) return Malformed{.code = ErrorCode::bad_line, .is_login = true};
    return login;
}

Command ack(std::string_view text) noexcept {
    Fields fields{text};
    const auto id = number(fields.next_or_empty());
    if (!id || !only_options(fields)) return bad_line;
    return Ack{*id};
}

Command history(std::string_view text) noexcept {
    Fields fields{text};
    const auto first_id = number(fields.next_or_empty());
    const auto count = number(fields.next_or_empty());
    if (!first_id || !count || !only_options(fields)) return bad_line;
    return History{*first_id, *count};
}

Command ping(std::string_view text) noexcept {
    Fields fields{text};
    const auto token = fields.next();
    if (!token) return Ping{};
    if (token->empty() || !only_options(fields)) return bad_line;
    return Ping{*token};
}

template <typename Verb>
Command options_only(std::string_view text) noexcept {
    Fields fields{text};
    if (!only_options(fields)) return bad_line;
    return Verb{};
}

char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_verb(std::string_view text, std::string_view verb) noexcept {
    return std::equal(text.begin(), text.end(), verb.begin(), verb.end(),
                      [](char a, char b) { return upper(a) == b; });
}

struct SimpleVerb {
    std::string_view name;
    Command (*parse)(std::string_view fields) noexcept;
};

// All verbs but those with a payload.
constexpr std::array simple_verbs{
    SimpleVerb{"ACK", ack},
    SimpleVerb{"LOGIN", login},
    SimpleVerb{"PING", ping},
    SimpleVerb{"HISTORY", history},
    SimpleVerb{"WHO", options_only<Who>},
    SimpleVerb{"QUIT", options_only<Quit>},
};

const SimpleVerb* find_simple(std::string_view verb) noexcept {
    const auto* found =
        std::find_if(simple_verbs.begin(), simple_verbs.end(),
                     [verb](const SimpleVerb& simple) { return is_verb(verb, simple.name); });
    return found == simple_verbs.end() ? nullptr : found;
}

// A line without a verb at its front: a known verb behind leading spaces is a bad line.
Malformed not_a_command(std::string_view line) noexcept {
    if (!line.starts_with(' ')) return {.code = ErrorCode::unknown_command};
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto verb = cut_verb(line).verb;
    if (!is_verb(verb, "SEND") && !is_verb(verb, "SAY") && find_simple(verb) == nullptr) {
        return {.code = ErrorCode::unknown_command};
    }
    return {.code = ErrorCode::bad_line, .is_login = is_verb(verb, "LOGIN")};
}

// Reads digits at `at` and moves it behind them. At most 18, so that nothing overflows.
std::uint64_t read_digits(std::string_view text, std::size_t& at) noexcept {
    const std::size_t end = std::min(text.size(), at + 18);
    std::uint64_t value = 0;
    for (; at < end && is_digit(text[at]); ++at) {
        value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    return value;
}

struct SendHead {
    std::uint64_t seq = 0;
    std::uint64_t nbytes = 0;
    std::size_t length = 0;  // 0: the line has another form
};

// The form in which programs write SEND, read in one pass: this is the hot path. Whatever
// deviates from it is read the general way, which also names the error.
SendHead usual_send(std::string_view unread) noexcept {
    constexpr std::string_view verb = "SEND ";
    if (!unread.starts_with(verb)) return {};
    SendHead head;
    std::size_t at = verb.size();
    head.seq = read_digits(unread, at);
    if (at >= unread.size() || unread[at] != ' ') return {};
    const std::size_t nbytes_at = ++at;
    head.nbytes = read_digits(unread, at);
    if (head.seq == 0 || at == nbytes_at || !unread.substr(at).starts_with("\r\n")) return {};
    head.length = at + 2;
    return head;
}

}  // namespace

CommandParser::Step CommandParser::next(std::string_view unread) noexcept {
    if (state_ == State::at_line) return at_line(unread);
    if (state_ == State::in_refused_payload) return at_refused_payload(unread);
    return {unread.size(), std::nullopt};
}

CommandParser::Step CommandParser::at_line(std::string_view unread) noexcept {
    const SendHead usual = takes_payloads_ ? usual_send(unread) : SendHead{};
    if (usual.length != 0 && usual.nbytes <= max_payload_) {
        return accept(usual.seq, usual.nbytes, usual.length, unread);
    }
    const auto lf = unread.substr(0, max_line).find('\n');
    if (lf != std::string_view::npos)
        return parse_line(without_cr(unread.substr(0, lf)), lf + 1, unread);
    if (unread.size() < max_line) return {};
    return close(ErrorCode::line_too_long, 0, unread);
}

CommandParser::Step CommandParser::parse_line(std::string_view line, std::size_t consumed,
                                              std::string_view unread) noexcept {
    const auto [verb, fields] = cut_verb(line);
    if (is_verb(verb, "SEND")) return send_line(fields, consumed, unread);
    if (is_verb(verb, "SAY")) {
        if (fields.empty()) return {consumed, bad_line};
        if (fields.size() - 1 <= max_payload_) return {consumed, Say{fields.substr(1)}};
        return {consumed, Malformed{.code = ErrorCode::too_large}};
    }
    if (const auto* simple = find_simple(verb)) return {consumed, simple->parse(fields)};
    return {consumed, not_a_command(line)};
}

CommandParser::Step CommandParser::send_line(std::string_view text, std::size_t consumed,
                                             std::string_view unread) noexcept {
    if (!takes_payloads_) return {consumed, bad_line};
    Fields fields{text};
    const auto seq = number(fields.next_or_empty()).value_or(0);
    const auto nbytes = number(fields.next_or_empty());
    if (!nbytes || !only_options(fields)) return {consumed, bad_line};
    const bool seq_good = seq != 0 && seq <= max_seq;
    if (*nbytes > max_discard) return close(ErrorCode::too_large, seq_good ? seq : 0, unread);
    if (!seq_good) return refuse_payload({.code = ErrorCode::bad_seq}, *nbytes, consumed);
    if (*nbytes <= max_payload_) return accept(seq, *nbytes, consumed, unread);
    return refuse_payload({.code = ErrorCode::too_large, .seq = seq}, *nbytes, consumed);
}

CommandParser::Step CommandParser::accept(std::uint64_t seq, std::uint64_t nbytes, std::size_t head,
                                          std::string_view unread) noexcept {
    const auto payload_bytes = static_cast<std::size_t>(nbytes);
    if (unread.size() - head < payload_bytes) return {};
    const std::size_t end = head + payload_bytes;
    const Ending ending = ending_at_front(unread.substr(end));
    if (ending == Ending::incomplete) return {};
    if (ending == Ending::wrong) return close(ErrorCode::bad_payload, seq, unread);
    return {end + length_of(ending), Send{seq, unread.substr(head, payload_bytes)}};
}

CommandParser::Step CommandParser::refuse_payload(Malformed why, std::uint64_t nbytes,
                                                  std::size_t head) noexcept {
    state_ = State::in_refused_payload;
    refused_bytes_ = nbytes;
    return {head, why};
}

CommandParser::Step CommandParser::at_refused_payload(std::string_view unread) noexcept {
    const auto thrown_away =
        static_cast<std::size_t>(std::min<std::uint64_t>(refused_bytes_, unread.size()));
    refused_bytes_ -= thrown_away;
    if (refused_bytes_ > 0) return {thrown_away, std::nullopt};
    const auto behind = unread.substr(thrown_away);
    const Ending ending = ending_at_front(behind);
    if (ending == Ending::incomplete) return {thrown_away, std::nullopt};
    // Its seq has had its ERR: this one is about the stream.
    if (ending == Ending::wrong) return close(ErrorCode::bad_payload, 0, unread);
    state_ = State::at_line;
    Step step = at_line(behind.substr(length_of(ending)));
    step.consumed += thrown_away + length_of(ending);
    return step;
}

CommandParser::Step CommandParser::close(ErrorCode code, std::uint64_t seq,
                                         std::string_view unread) noexcept {
    state_ = State::closed;
    return {unread.size(), Malformed{.code = code, .seq = seq, .close = true}};
}

}  // namespace belfry::wire
