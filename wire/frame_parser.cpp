#include "wire/frame_parser.hpp"

#include "wire/fields.hpp"

#include <algorithm>
#include <array>

namespace belfry::wire {
namespace {

Frame welcome(Fields& fields) noexcept {
    const auto text = [](std::string_view value) { return std::optional{value}; };
    const auto number_or_0 = [](std::string_view value) {
        return std::optional{parse_number(value).value_or(0)};
    };
    const Welcome frame{.client_id = fields.client_id(),
                        .epoch = fields.option("epoch", text).value_or(""),
                        .cursor = fields.number_option("cursor"),
                        .last = fields.number_option("last"),
                        .seq = fields.number_option("seq"),
                        .max_payload = fields.number_option("max-payload"),
                        .server = fields.option("server", text).value_or(""),
                        .accepted = fields.option("accepted", number_or_0).value_or(0)};
    if (!is_epoch(frame.epoch)) return Garbled{};
    return frame;
}

template <typename Type>
Frame two_numbers(Fields& fields) noexcept {
    return Type{fields.number(), fields.number()};
}

// Parses the end of an answer to WHO, which has no ids, or to HISTORY.
Frame end(Fields& fields) noexcept {
    if (Fields{fields}.end()) return End{};
    return two_numbers<End>(fields);
}

Frame user(Fields& fields) noexcept {
    const auto client_id = fields.client_id();
    const auto state = fields.word();
    if (state != "online" && state != "offline") return Garbled{};
    return User{client_id, state == "online", fields.number_option("cursor")};
}

template <bool online>
Frame presence(Fields& fields) noexcept {
    return Presence{fields.client_id(), online};
}

Frame error(Fields& fields) noexcept {
    const auto code = fields.word();
    const auto field = fields.word();
    const auto seq = field == "-" ? 0 : parse_number(field);
    if (!seq) return Garbled{};
    const auto text = fields.rest();
    return Error{code, *seq, text.substr(std::min<std::size_t>(text.size(), 1))};
}

struct Verb {
    std::string_view name;
    Frame (*parse)(Fields& fields);
};

// All verbs except MSG and PAST, which carry a payload. The frequent ones come first.
constexpr std::array verbs{
    Verb{"SENT", two_numbers<Sent>},
    Verb{"DUP", [](Fields& fields) -> Frame { return Dup{fields.number()}; }},
    Verb{"LIVE", [](Fields& fields) -> Frame { return Live{fields.number()}; }},
    Verb{"PONG", [](Fields& fields) -> Frame { return Pong{fields.optional_word()}; }},
    Verb{"USER", user},
    Verb{"END", end},
    Verb{"ONLINE", presence<true>},
    Verb{"OFFLINE", presence<false>},
    Verb{"ERR", error},
    Verb{"GAP", two_numbers<Gap>},
    Verb{"WELCOME", welcome},
    Verb{"BYE", [](Fields& fields) -> Frame { return Bye{fields.word()}; }},
};

Frame parse_line(const Line& split, std::string_view line) noexcept {
    const auto* const verb = std::ranges::find(verbs, split.verb, &Verb::name);
    if (verb == verbs.end()) return Unknown{line};
    Fields fields{split.fields};
    const Frame frame = verb->parse(fields);
    return fields.end() ? frame : Garbled{};
}

FrameStep garbled(std::string_view unread) noexcept {
    return {unread.size(), Garbled{}};
}

// Adds the payload, and its line ending, to a message whose line has been read.
FrameStep with_payload(Message message, std::uint64_t nbytes, std::size_t line_bytes,
                       std::string_view unread) noexcept {
    if (nbytes > max_discard) return garbled(unread);
    const auto payload_bytes = static_cast<std::size_t>(nbytes);
    if (unread.size() - line_bytes < payload_bytes) return {};
    const std::size_t end = line_bytes + payload_bytes;
    const LineEnding ending = parse_line_ending(unread.substr(end));
    if (ending == LineEnding::incomplete) return {};
    if (ending == LineEnding::wrong) return garbled(unread);
    message.payload = unread.substr(line_bytes, payload_bytes);
    return {end + length_of(ending), message};
}

FrameStep message(const Line& line, std::size_t line_bytes, std::string_view unread) noexcept {
    Fields fields{line.fields};
    const Message message{.past = line.verb == "PAST",
                          .id = fields.number(),
                          .sender = fields.client_id(),
                          .time_ms = fields.number(),
                          .payload = {}};
    const std::uint64_t nbytes = fields.number();
    if (!fields.end()) return garbled(unread);
    return with_payload(message, nbytes, line_bytes, unread);
}

FrameStep any_frame(std::string_view unread) noexcept {
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

// Reads a line from the front of the bytes while it has the common form: single spaces, numbers of
// at most 18 digits, no options, CRLF.
class CommonLine {
  public:
    explicit CommonLine(std::string_view text) noexcept : text_{text} {}

    void skip(std::string_view expected) noexcept {
        is_common_ = is_common_ && text_.substr(at_).starts_with(expected);
        if (is_common_) at_ += expected.size();
    }

    [[nodiscard]] std::uint64_t number() noexcept {
        const std::size_t begin = at_;
        const std::uint64_t number = read_digits(text_, at_);
        is_common_ = is_common_ && at_ > begin;
        return number;
    }

    [[nodiscard]] std::string_view client_id() noexcept {
        const auto field = text_.substr(at_, max_client_id + 1);
        const auto id = field.substr(0, field.find(' '));
        is_common_ = is_common_ && is_client_id(id);
        at_ += id.size();
        return id;
    }

    [[nodiscard]] bool is_common() const noexcept { return is_common_; }
    /// Returns how many bytes were read.
    [[nodiscard]] std::size_t length() const noexcept { return at_; }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    bool is_common_ = true;
};

FrameStep common_sent(std::string_view unread) noexcept {
    CommonLine line{unread};
    Sent sent{};
    line.skip("SENT ");
    sent.seq = line.number();
    line.skip(" ");
    sent.id = line.number();
    line.skip("\r\n");
    if (!line.is_common()) return {};
    return {line.length(), sent};
}

FrameStep common_message(std::string_view unread) noexcept {
    CommonLine line{unread};
    Message message;
    line.skip("MSG ");
    message.id = line.number();
    line.skip(" ");
    message.sender = line.client_id();
    line.skip(" ");
    message.time_ms = line.number();
    line.skip(" ");
    const std::uint64_t nbytes = line.number();
    line.skip("\r\n");
    if (!line.is_common()) return {};
    return with_payload(message, nbytes, line.length(), unread);
}

}  // namespace

// Nearly every frame is a SENT or a MSG in the common form, which is read in one pass. any_frame()
// handles all others, and finds out what is wrong or incomplete.
FrameStep next_frame(std::string_view unread) noexcept {
    FrameStep step = unread.starts_with('S') ? common_sent(unread) : common_message(unread);
    if (!step.frame) step = any_frame(unread);
    return step;
}

}  // namespace belfry::wire
