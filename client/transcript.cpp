#include "client/transcript.hpp"

#include "client/mention.hpp"
#include "client/times.hpp"
#include "wire/utf8.hpp"

namespace belfry::client {
namespace {

// What stands before each further row of a message, so that none looks like another message.
constexpr std::string_view further_row = "\n      | ";

// An action is sent as it is typed.
constexpr std::string_view action = "/me ";

std::string harmless(std::string_view text) {
    std::string safe;
    wire::append_safely(safe, text);
    std::string rows;
    for (const char c : safe) {
        if (c == '\n') {
            rows += further_row;
        } else {
            rows += c;
        }
    }
    return rows;
}

std::string one_row(std::string_view text) {
    std::string safe;
    wire::append_safely(safe, text);
    for (char& c : safe) {
        if (c == '\n' || c == '\t') c = ' ';
    }
    return safe;
}

}  // namespace

Transcript::Transcript(std::string own_id, Painter painter)
    : own_id_{std::move(own_id)}, painter_{std::move(painter)}, date_{date(std::time(nullptr))} {}

std::string Transcript::message(const Said& said, Look look) {
    if (look == Look::again) {
        return when(said.time, std::time(nullptr)) + " " + body(said) + "\n";
    }
    const std::string time = clock_time(said.time) + " ";
    const std::string day = date_line(said.time);
    if (look == Look::fresh) return day + time + body(said) + "\n";
    // Nothing else is painted: the end of a colour would end the dimming too.
    const bool is_action = said.text.starts_with(action);
    const std::string plain = is_action ? "* " + std::string{said.sender} + " " +
                                              harmless(said.text.substr(action.size()))
                                        : std::string{said.sender} + ": " + harmless(said.text);
    return day + painter_.dim(time + plain) + "\n";
}

std::string Transcript::body(const Said& said) {
    const std::string sender =
        said.sender == own_id_ ? painter_.bold(said.sender) : painter_.sender(said.sender);
    if (said.text.starts_with(action)) {
        return "* " + sender + " " + painted(said.text.substr(action.size()));
    }
    return sender + ": " + painted(said.text);
}

// Own messages mention nobody.
std::string Transcript::painted(std::string_view text) const {
    std::string whole;
    std::size_t done = 0;
    for (const auto& part : mentions(text, own_id_)) {
        whole += harmless(text.substr(done, part.begin - done));
        whole += painter_.standout(text.substr(part.begin, part.size));
        done = part.begin + part.size;
    }
    return whole + harmless(text.substr(done));
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

std::string Transcript::pending(std::string_view text) const {
    return "... " + one_row(text);
}

bool Transcript::mentions_me(const Said& said) const {
    return !mentions(said.text, own_id_).empty();
}

}  // namespace belfry::client
