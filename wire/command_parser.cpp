#include "wire/command_parser.hpp"

#include "wire/fields.hpp"
#include "wire/secret_text.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

constexpr Malformed bad_line{.code = ErrorCode::bad_line};

bool is_verb(std::string_view text, std::string_view verb) noexcept {
    const auto upper = [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    };
    return std::ranges::equal(text, verb, {}, upper);
}

Command login(Fields& fields) noexcept {
    const auto choice = [&](std::string_view key, std::string_view no, std::string_view yes) {
        const auto parse = [=](std::string_view value) {
            return value == yes || value == no ? std::optional{value == yes} : std::nullopt;
        };
        return fields.option(key, parse).value_or(false);
    };
    const auto secret = [](std::string_view value) {
        return is_secret_text(value) ? std::optional{value} : std::nullopt;
    };
    return Login{fields.client_id(), choice("ack", "auto", "manual"),
                 choice("presence", "off", "on"), fields.option("secret", secret)};
}

Command history(Fields& fields) noexcept {
    return History{fields.number(), fields.number()};
}

struct SimpleVerb {
    std::string_view name;
    Command (*parse)(Fields& fields);
};

// All verbs except SEND and SAY, which carry a payload.
constexpr std::array simple_verbs{
    SimpleVerb{"ACK", [](Fields& fields) -> Command { return Ack{fields.number()}; }},
    SimpleVerb{"LOGIN", login},
    SimpleVerb{"PING", [](Fields& fields) -> Command { return Ping{fields.optional_word()}; }},
    SimpleVerb{"HISTORY", history},
    SimpleVerb{"WHO", [](Fields&) -> Command { return Who{}; }},
    SimpleVerb{"QUIT", [](Fields&) -> Command { return Quit{}; }},
};

const SimpleVerb* find_simple_verb(std::string_view verb) noexcept {
    const auto* const found = std::ranges::find_if(
        simple_verbs, [verb](const SimpleVerb& simple) { return is_verb(verb, simple.name); });
    return found == simple_verbs.end() ? nullptr : found;
}

Command parse(const SimpleVerb& verb, std::string_view text) noexcept {
    Fields fields{text};
    const Command command = verb.parse(fields);
    if (fields.end()) return command;
    return Malformed{.code = ErrorCode::bad_line, .is_login = verb.name == "LOGIN"};
}

// Returns the error for a line that does not start with a known verb. A known verb behind leading
// spaces makes it a bad line.
Malformed unknown_verb_error(std::string_view line) noexcept {
    if (!line.starts_with(' ')) return {.code = ErrorCode::unknown_command};
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const auto verb = split_verb(line).verb;
    if (!is_verb(verb, "SEND") && !is_verb(verb, "SAY") && find_simple_verb(verb) == nullptr) {
        return {.code = ErrorCode::unknown_command};
    }
    return {.code = ErrorCode::bad_line, .is_login = is_verb(verb, "LOGIN")};
}

struct SendHeader {
    std::uint64_t seq = 0;
    std::uint64_t nbytes = 0;
    std::size_t length = 0;  // 0: not in the common form
};

// Parses a SEND in its common form: upper case, CRLF, no options. This is the hot path, so it takes
// a single pass. Every other SEND goes through parse_send(), which also finds the right error.
SendHeader parse_common_send(std::string_view unread) noexcept {
    constexpr std::string_view verb = "SEND ";
    if (!unread.starts_with(verb)) return {};
    SendHeader header;
    std::size_t at = verb.size();
    header.seq = read_digits(unread, at);
    if (at >= unread.size() || unread[at] != ' ') return {};
    const std::size_t nbytes_at = ++at;
    header.nbytes = read_digits(unread, at);
    if (header.seq == 0 || at == nbytes_at || !unread.substr(at).starts_with("\r\n")) return {};
    header.length = at + 2;
    return header;
}

}  // namespace

CommandParser::Step CommandParser::next(std::string_view unread) noexcept {
    if (state_ == State::at_line) return parse_command(unread);
    if (state_ == State::discarding) return discard_payload(unread);
    return {unread.size(), std::nullopt};
}

CommandParser::Step CommandParser::parse_command(std::string_view unread) noexcept {
    const SendHeader common = takes_payloads_ ? parse_common_send(unread) : SendHeader{};
    if (common.length != 0 && common.nbytes <= max_payload_) {
        return parse_payload(common.seq, common.nbytes, common.length, unread);
    }
    const auto lf = unread.substr(0, max_line).find('\n');
    if (lf != std::string_view::npos)
        return parse_line(without_cr(unread.substr(0, lf)), lf + 1, unread);
    if (unread.size() < max_line) return {};
    return close(ErrorCode::line_too_long, 0, unread);
}

CommandParser::Step CommandParser::parse_line(std::string_view line, std::size_t consumed,
                                              std::string_view unread) noexcept {
    const auto [verb, fields] = split_verb(line);
    if (is_verb(verb, "SEND")) return parse_send(fields, consumed, unread);
    if (is_verb(verb, "SAY")) {
        if (fields.empty()) return {consumed, bad_line};
        if (fields.size() - 1 <= max_payload_) return {consumed, Say{fields.substr(1)}};
        return {consumed, Malformed{.code = ErrorCode::too_large}};
    }
    if (const auto* simple = find_simple_verb(verb)) return {consumed, parse(*simple, fields)};
    return {consumed, unknown_verb_error(line)};
}

CommandParser::Step CommandParser::parse_send(std::string_view text, std::size_t consumed,
                                              std::string_view unread) noexcept {
    if (!takes_payloads_) return {consumed, bad_line};
    Fields fields{text};
    const auto seq = parse_number(fields.next().value_or("")).value_or(0);
    const std::uint64_t nbytes = fields.number();
    if (!fields.end()) return {consumed, bad_line};
    const bool seq_is_valid = seq != 0 && seq <= max_seq;
    if (nbytes > max_discard) return close(ErrorCode::too_large, seq_is_valid ? seq : 0, unread);
    if (!seq_is_valid) return refuse_payload({.code = ErrorCode::bad_seq}, nbytes, consumed);
    if (nbytes <= max_payload_) return parse_payload(seq, nbytes, consumed, unread);
    return refuse_payload({.code = ErrorCode::too_large, .seq = seq}, nbytes, consumed);
}

CommandParser::Step CommandParser::parse_payload(std::uint64_t seq, std::uint64_t nbytes,
                                                 std::size_t line_bytes,
                                                 std::string_view unread) noexcept {
    const auto payload_bytes = static_cast<std::size_t>(nbytes);
    if (unread.size() - line_bytes < payload_bytes) return {};
    const std::size_t end = line_bytes + payload_bytes;
    const LineEnding ending = parse_line_ending(unread.substr(end));
    if (ending == LineEnding::incomplete) return {};
    if (ending == LineEnding::wrong) return close(ErrorCode::bad_payload, seq, unread);
    return {end + length_of(ending), Send{seq, unread.substr(line_bytes, payload_bytes)}};
}

CommandParser::Step CommandParser::refuse_payload(Malformed why, std::uint64_t nbytes,
                                                  std::size_t line_bytes) noexcept {
    state_ = State::discarding;
    bytes_to_discard_ = nbytes;
    return {line_bytes, why};
}

CommandParser::Step CommandParser::discard_payload(std::string_view unread) noexcept {
    const auto discarded =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes_to_discard_, unread.size()));
    bytes_to_discard_ -= discarded;
    if (bytes_to_discard_ > 0) return {discarded, std::nullopt};
    const auto rest = unread.substr(discarded);
    const LineEnding ending = parse_line_ending(rest);
    if (ending == LineEnding::incomplete) return {discarded, std::nullopt};
    // The seq has already had its ERR. This error is about the stream, so it names no seq.
    if (ending == LineEnding::wrong) return close(ErrorCode::bad_payload, 0, unread);
    state_ = State::at_line;
    Step step = parse_command(rest.substr(length_of(ending)));
    step.consumed += discarded + length_of(ending);
    return step;
}

CommandParser::Step CommandParser::close(ErrorCode code, std::uint64_t seq,
                                         std::string_view unread) noexcept {
    state_ = State::closed;
    return {unread.size(), Malformed{.code = code, .seq = seq, .close = true}};
}

}  // namespace belfry::wire
