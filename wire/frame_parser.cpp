#include "wire/frame_parser.hpp"

#include "wire/fields.hpp"
#include "wire/limits.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

// The numbers of a WELCOME. None of them may be missing.
struct WelcomeNumbers {
    std::optional<std::uint64_t> cursor, last, seq, max_payload;

    std::optional<std::uint64_t>* named(std::string_view key) noexcept {
        if (key == "cursor") return &cursor;
        if (key == "last") return &last;
        if (key == "seq") return &seq;
        if (key == "max-payload") return &max_payload;
        return nullptr;
    }
    [[nodiscard]] bool are_complete() const noexcept {
        return cursor && last && seq && max_payload;
    }
};

Frame welcome(std::string_view text) noexcept {
    Fields fields{text};
    Welcome frame;
    frame.client_id = fields.next_or_empty();
    WelcomeNumbers numbers;
    const bool readable = take_options(fields, [&](std::string_view key, std::string_view value) {
        if (key == "epoch") frame.epoch = value;
        if (key == "server") frame.server = value;
        if (key == "accepted") frame.accepted = parse_number(value).value_or(0);
        auto* slot = numbers.named(key);
        if (slot == nullptr) return true;
        *slot = parse_number(value);
        return slot->has_value();
    });
    if (!readable || !numbers.are_complete() || !is_client_id(frame.client_id) ||
        !is_epoch(frame.epoch)) {
        return Garbled{};
    }
    frame.cursor = *numbers.cursor;
    frame.last = *numbers.last;
    frame.seq = *numbers.seq;
    frame.max_payload = *numbers.max_payload;
    return frame;
}

Frame sent(std::string_view text) noexcept {
    Fields fields{text};
    const auto seq = parse_number(fields.next_or_empty());
    const auto id = parse_number(fields.next_or_empty());
    if (!seq || !id || !skip_options(fields)) return Garbled{};
    return Sent{*seq, *id};
}

Frame dup(std::string_view text) noexcept {
    Fields fields{text};
    const auto seq = parse_number(fields.next_or_empty());
    if (!seq || !skip_options(fields)) return Garbled{};
    return Dup{*seq};
}

Frame live(std::string_view text) noexcept {
    Fields fields{text};
    const auto id = parse_number(fields.next_or_empty());
    if (!id || !skip_options(fields)) return Garbled{};
    return Live{*id};
}

Frame gap(std::string_view text) noexcept {
    Fields fields{text};
    const auto first_id = parse_number(fields.next_or_empty());
    const auto last_id = parse_number(fields.next_or_empty());
    if (!first_id || !last_id || !skip_options(fields)) return Garbled{};
    return Gap{*first_id, *last_id};
}

Frame end(std::string_view text) noexcept {
    Fields users{text};
    if (skip_options(users)) return End{};
    Fields fields{text};
    const auto first_id = parse_number(fields.next_or_empty());
    const auto last_id = parse_number(fields.next_or_empty());
    if (!first_id || !last_id || !skip_options(fields)) return Garbled{};
    return End{*first_id, *last_id};
}

Frame user(std::string_view text) noexcept {
    Fields fields{text};
    const auto client_id = fields.next_or_empty();
    const auto state = fields.next_or_empty();
    std::optional<std::uint64_t> cursor;
    const bool readable = take_options(fields, [&](std::string_view key, std::string_view value) {
        if (key == "cursor") cursor = parse_number(value);
        return true;
    });
    const bool online = state == "online";
    if (!readable || !cursor || !is_client_id(client_id) || (!online && state != "offline")) {
        return Garbled{};
    }
    return User{client_id, online, *cursor};
}

template <bool online>
Frame presence(std::string_view text) noexcept {
    Fields fields{text};
    const auto client_id = fields.next_or_empty();
    if (!is_client_id(client_id) || !skip_options(fields)) return Garbled{};
    return Presence{client_id, online};
}

Frame pong(std::string_view text) noexcept {
    Fields fields{text};
    const auto token = fields.next();
    if (!token) return Pong{};
    if (token->empty() || !skip_options(fields)) return Garbled{};
    return Pong{*token};
}

Frame error(std::string_view text) noexcept {
    Fields fields{text};
    const auto code = fields.next_or_empty();
    const auto seq_field = fields.next_or_empty();
    const auto seq = seq_field == "-" ? std::optional<std::uint64_t>{0} : parse_number(seq_field);
    if (code.empty() || !seq) return Garbled{};
    const auto rest = fields.rest();
    return Error{code, *seq, rest.empty() ? rest : rest.substr(1)};
}

Frame bye(std::string_view text) noexcept {
    Fields fields{text};
    const auto reason = fields.next_or_empty();
    if (reason.empty() || !skip_options(fields)) return Garbled{};
    return Bye{reason};
}

struct Verb {
    std::string_view name;
    Frame (*parse)(std::string_view fields) noexcept;
};

// All verbs except MSG and PAST, which carry a payload. The frequent ones come first.
constexpr std::array verbs{
    Verb{"SENT", sent},
    Verb{"DUP", dup},
    Verb{"LIVE", live},
    Verb{"PONG", pong},
    Verb{"USER", user},
    Verb{"END", end},
    Verb{"ONLINE", presence<true>},
    Verb{"OFFLINE", presence<false>},
    Verb{"ERR", error},
    Verb{"GAP", gap},
    Verb{"WELCOME", welcome},
    Verb{"BYE", bye},
};

Frame parse_line(const Line& split, std::string_view line) noexcept {
    for (const auto& verb : verbs) {
        if (verb.name == split.verb) return verb.parse(split.fields);
    }
    return Unknown{line};
}

FrameStep garbled(std::string_view unread) noexcept {
    return {unread.size(), Garbled{}};
}

FrameStep message(const Line& line, std::size_t line_bytes, std::string_view unread) noexcept {
    Fields fields{line.fields};
    const auto id = parse_number(fields.next_or_empty());
    const auto sender = fields.next_or_empty();
    const auto time_ms = parse_number(fields.next_or_empty());
    const auto nbytes = parse_number(fields.next_or_empty());
    if (!id || !is_client_id(sender) || !time_ms || !nbytes || !skip_options(fields) ||
        *nbytes > max_discard) {
        return garbled(unread);
    }
    const auto payload_bytes = static_cast<std::size_t>(*nbytes);
    if (unread.size() - line_bytes < payload_bytes) return {};
    const std::size_t end = line_bytes + payload_bytes;
    const LineEnding ending = parse_line_ending(unread.substr(end));
    if (ending == LineEnding::incomplete) return {};
    if (ending == LineEnding::wrong) return garbled(unread);
    return {end + length_of(ending), Message{.past = line.verb == "PAST",
                                             .id = *id,
                                             .sender = sender,
                                             .time_ms = *time_ms,
                                             .payload = unread.substr(line_bytes, payload_bytes)}};
}

}  // namespace

FrameStep next_frame(std::string_view unread) noexcept {
    const auto lf = unread.substr(0, max_frame_line).find('\n');
    if (lf == std::string_view::npos)
        return unread.size() < max_frame_line ? FrameStep{} : garbled(unread);
    const auto line = without_cr(unread.substr(0, lf));
    const auto split = split_verb(line);
    if (split.verb == "MSG" || split.verb == "PAST") return message(split, lf + 1, unread);
    Frame frame = parse_line(split, line);
    if (std::holds_alternative<Garbled>(frame)) return garbled(unread);
    return {lf + 1, frame};
}

}  // namespace belfry::wire
