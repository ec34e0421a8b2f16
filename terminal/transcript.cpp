#include "terminal/transcript.hpp"

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "terminal/plain_view.hpp"

namespace belfry::terminal {
namespace {

// A client may run for weeks, so the time zone is read again each time.
std::string formatted(const char* form, std::time_t time) {
    ::tzset();
    return base::local_time(form, time);
}

bool is_letter_or_digit(char c) {
    // Every byte of a character outside ASCII counts as a letter.
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80 || c == '_';
}

bool is_joint(char c) {
    return c == '-' || c == '.';
}

// `ann.` mentions ann at the end of a sentence, but `ann.b` is another client.
bool goes_on(std::string_view text, std::size_t at) {
    if (at >= text.size()) return false;
    if (is_letter_or_digit(text[at])) return true;
    return is_joint(text[at]) && at + 1 < text.size() && is_letter_or_digit(text[at + 1]);
}

bool has_begun(std::string_view text, std::size_t at) {
    return at > 0 && (is_letter_or_digit(text[at - 1]) || is_joint(text[at - 1]));
}

bool is_number(std::string_view id) {
    return id.find_first_not_of("0123456789") == std::string_view::npos;
}

// The protocol has no actions, so this client sends `/me` as it was typed.
constexpr std::string_view action = "/me ";

std::string one_row(std::string_view text) {
    std::string safe = base::sanitize(text);
    for (char& c : safe) {
        if (c == '\n' || c == '\t') c = ' ';
    }
    return safe;
}

}  // namespace

std::string clock_time(std::time_t time) {
    return formatted("%H:%M", time);
}

std::string date(std::time_t time) {
    return formatted("%A %-d %B %Y", time);
}

std::string when(std::time_t time, std::time_t now) {
    constexpr std::time_t six_days = std::time_t{6} * 86400;
    if (date(time) == date(now)) return clock_time(time);
    if (time < now && now - time < six_days) return formatted("%A %H:%M", time);
    return date(time) + " " + clock_time(time);
}

std::vector<Part> mentions(std::string_view text, std::string_view id) {
    std::vector<Part> found;
    const bool needs_at = is_number(id);
    for (auto at = base::find_text(text, id); at != std::string_view::npos;
         at = base::find_text(text, id, at + 1)) {
        const bool has_at = at > 0 && text[at - 1] == '@';
        const bool is_word = !has_begun(text, at) && !goes_on(text, at + id.size());
        if (is_word && (has_at || !needs_at)) {
            const std::size_t sign = has_at ? 1 : 0;
            found.push_back({at - sign, id.size() + sign});
        }
    }
    return found;
}

Said said(const Message& message) {
    return {
        .sender = message.sender, .time = base::to_time_t(message.time), .text = message.payload};
}

std::string counted_messages(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " message" : " messages");
}

Transcript::Transcript(std::string own_id, Painter painter)
    : own_id_{std::move(own_id)}, painter_{std::move(painter)}, date_{date(std::time(nullptr))} {}

std::string Transcript::message(const Said& said, Look look) {
    if (look == Look::again) return line(said, when(said.time, std::time(nullptr)), false);
    const std::string day = date_line(said.time);
    return day + line(said, clock_time(said.time), look == Look::old);
}

std::string Transcript::line(const Said& said, const std::string& time, bool dimmed) {
    const bool is_action = said.text.starts_with(action);
    const std::string before = time + (is_action ? " * " : " ");
    const std::string behind = is_action ? " " : ": ";
    const auto text = is_action ? said.text.substr(action.size()) : said.text;
    if (dimmed) {
        return painter_.dim(before + std::string{said.sender} + behind) + painted(text, true) +
               "\n";
    }
    const std::string sender =
        said.sender == own_id_ ? painter_.bold(said.sender) : painter_.sender(said.sender);
    return before + sender + behind + painted(text, false) + "\n";
}

std::string Transcript::painted(std::string_view text, bool dimmed) const {
    const auto usual = [&](std::string_view part) {
        return dimmed ? painter_.dim(indented_rows(part)) : indented_rows(part);
    };
    std::string whole;
    std::size_t done = 0;
    for (const auto& part : mentions(text, own_id_)) {
        whole += usual(text.substr(done, part.begin - done));
        whole += painter_.reverse(text.substr(part.begin, part.size));
        done = part.begin + part.size;
    }
    return whole + usual(text.substr(done));
}

std::string Transcript::date_line(std::time_t time) {
    std::string today = date(time);
    if (today == date_) return {};
    date_ = std::move(today);
    return note(date_);
}

std::string Transcript::note(std::string_view text) const {
    return painter_.dim("-- " + one_row(text) + " --") + "\n";
}

std::string Transcript::headline(std::string_view count, std::time_t first) const {
    return painter_.bold("-- " + std::string{count} + " since " + when(first, std::time(nullptr)) +
                         " --") +
           "\n";
}

std::string pending_row(std::string_view text) {
    return "... " + one_row(text);
}

bool Transcript::mentions_me(const Said& said) const {
    return !mentions(said.text, own_id_).empty();
}

}  // namespace belfry::terminal
