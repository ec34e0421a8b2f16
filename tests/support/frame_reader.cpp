#include "tests/support/frame_reader.hpp"

#include "tests/support/failure.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace belfry::test {
namespace {

constexpr std::size_t max_line = 1024;

/// The number and the kinds of the fixed fields of a verb. END has none after WHO and two after
/// HISTORY, PONG has at most one, and ERR ends with free text.
struct Form {
    std::size_t min_fields;
    std::size_t max_fields;       ///< without options
    std::string_view kinds = "";  ///< `n` stands for a field that is a number
};

const Form* form_of(const std::string& verb) {
    static const std::map<std::string, Form> forms{
        {"WELCOME", {1, 1}},    {"MSG", {4, 4, "n-nn"}}, {"PAST", {4, 4, "n-nn"}},
        {"SENT", {2, 2, "nn"}}, {"DUP", {1, 1, "n"}},    {"LIVE", {1, 1, "n"}},
        {"GAP", {2, 2, "nn"}},  {"END", {0, 2, "nn"}},   {"USER", {2, 2}},
        {"ONLINE", {1, 1}},     {"OFFLINE", {1, 1}},     {"PONG", {0, 1}},
        {"ERR", {3, 1024}},     {"BYE", {1, 1}}};
    const auto found = forms.find(verb);
    return found == forms.end() ? nullptr : &found->second;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (;;) {
        const auto end = std::min(line.find(' '), line.size());
        words.emplace_back(line.substr(0, end));
        if (end == line.size()) return words;
        line.remove_prefix(end + 1);
    }
}

void check_form(const Frame& frame) {
    const Form* expected = form_of(frame.verb);
    if (expected == nullptr) throw Failure("unknown verb: '" + frame.line + "'");
    const auto is_empty = [](const std::string& field) { return field.empty(); };
    if (frame.verb != "ERR" && std::ranges::any_of(frame.fields, is_empty)) {
        throw Failure("an empty field: '" + frame.line + "'");
    }
    const auto is_option = [](const std::string& field) { return field.find('=') != field.npos; };
    const auto fixed = frame.verb == "PONG" || frame.verb == "ERR"
                           ? frame.fields.end()
                           : std::ranges::find_if(frame.fields, is_option);
    const auto count = static_cast<std::size_t>(fixed - frame.fields.begin());
    if (count < expected->min_fields || count > expected->max_fields) {
        throw Failure("wrong number of fields: '" + frame.line + "'");
    }
    for (std::size_t field = 0; field < std::min(count, expected->kinds.size()); ++field) {
        if (expected->kinds[field] == 'n') static_cast<void>(frame.number(field));
    }
}

bool has_payload(const Frame& frame) {
    return frame.verb == "MSG" || frame.verb == "PAST";
}

}  // namespace

std::uint64_t number_from(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool has_leading_zero = text.size() > 1 && text.front() == '0';
    if (error != std::errc{} || end != text.data() + text.size() || has_leading_zero) {
        throw Failure("not a number: '" + std::string{text} + "'");
    }
    return number;
}

std::uint64_t Frame::number(std::size_t field) const {
    if (field >= fields.size()) throw Failure("a field is missing: '" + line + "'");
    return number_from(fields[field]);
}

std::string Frame::option(std::string_view key) const {
    const std::string start = std::string{key} + "=";
    for (const auto& field : fields) {
        if (field.starts_with(start)) return field.substr(start.size());
    }
    throw Failure("no " + start + " in '" + line + "'");
}

std::optional<Frame> FrameReader::next() {
    const std::string_view bytes = unread();
    const auto newline = bytes.find('\n');
    if (std::min(newline, bytes.size()) >= max_line) throw Failure("a line is too long");
    if (newline == bytes.npos) return std::nullopt;
    if (newline == 0 || bytes[newline - 1] != '\r') throw Failure("a line without CRLF");

    Frame frame;
    frame.line = bytes.substr(0, newline - 1);
    frame.fields = words_of(frame.line);
    frame.verb = frame.fields.front();
    frame.fields.erase(frame.fields.begin());
    check_form(frame);
    std::size_t length = newline + 1;
    if (has_payload(frame)) {
        const std::size_t payload_bytes = frame.number(3);
        if (bytes.size() < length + payload_bytes + 2) return std::nullopt;
        frame.payload = bytes.substr(length, payload_bytes);
        length += payload_bytes + 2;
        if (bytes.substr(length - 2, 2) != "\r\n") throw Failure("a payload without CRLF");
    }
    consume(length);
    return frame;
}

void FrameReader::consume(std::size_t bytes) {
    start_ += bytes;
    // This happens rarely, so that the rest is not moved after each of many small frames.
    if (start_ == buffer_.size() || start_ > 1'000'000) {
        buffer_.erase(0, start_);
        start_ = 0;
    }
}

}  // namespace belfry::test
