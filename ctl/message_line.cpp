#include "ctl/message_line.hpp"

#include "base/clock.hpp"
#include "base/utf8.hpp"
#include "cli/json.hpp"

#include <unistd.h>

#include <algorithm>

namespace belfry::ctl {
namespace {

void append_for_people(std::string& out, const store::Message& message) {
    out.append(std::to_string(message.id)).append(" ");
    out.append(base::local_time("%Y-%m-%d %H:%M:%S", base::to_time_t(message.time_ms))).append(" ");
    const std::size_t start = out.size();
    // The sender is sanitized too, because a store that another program has written may hold
    // anything.
    base::append_sanitized(out, message.sender);
    out.append(": ");
    base::append_sanitized(out, message.body);
    // append_sanitized() keeps tabs and newlines, but each message must stay on one line.
    const auto is_control = [](unsigned char c) { return c < 0x20; };
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_control, '?');
    out += '\n';
}

}  // namespace

LineForm line_form(bool json) noexcept {
    if (!json) return LineForm::people;
    return ::isatty(STDOUT_FILENO) == 1 ? LineForm::ascii_json : LineForm::json;
}

void append_line(std::string& out, const store::Message& message, LineForm form) {
    if (form == LineForm::people) return append_for_people(out, message);
    cli::append_json(out,
                     {.id = message.id,
                      .sender = message.sender,
                      .time_ms = message.time_ms,
                      .seq = message.seq,
                      .payload = message.body},
                     form == LineForm::ascii_json);
}

}  // namespace belfry::ctl
