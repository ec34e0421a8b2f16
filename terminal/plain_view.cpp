#include "terminal/plain_view.hpp"

#include "base/utf8.hpp"
#include "cli/json.hpp"
#include "terminal/terminfo.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <string>

namespace belfry::terminal {
namespace {

// Plain lines are coloured only on request, even on a terminal.
Painter painter_for(const Options& options) {
    if (options.colour != ColourMode::always) return {};
    const auto terminfo = Terminfo::load();
    return terminfo ? Painter{terminfo->colours} : Painter{};
}

}  // namespace

PlainView::PlainView(const Options& options, Output& output)
    : options_{options}, output_{output}, painter_{painter_for(options)} {}

void PlainView::welcome(const Welcome& welcome) {
    cursor_ = newest_ = welcome.cursor;
    last_ = std::max(welcome.cursor, welcome.last);
}

void PlainView::message(const Message& message) {
    newest_ = std::min(message.id, last_);
    if (options_.json) {
        cli::append_json(output_.text(),
                         {.id = message.id,
                          .sender = message.sender,
                          .time_ms = message.time,
                          .payload = message.payload},
                         output_.is_terminal());
    } else {
        append_text(output_.text(), message, output_.is_terminal(), painter_);
    }
}

void PlainView::refused(std::uint64_t line, const Error& why) {
    warn("line " + std::to_string(line) + " was not accepted: " + why.text);
}

std::string indented_rows(std::string_view text) {
    return boost::algorithm::replace_all_copy(base::sanitize(text), "\n", "\n      | ");
}

void append_text(std::string& out, const Message& message, bool for_terminal, Painter& painter) {
    out += painter.sender(message.sender);
    out += ": ";
    if (for_terminal) {
        out += indented_rows(message.payload);
    } else {
        out += message.payload;
    }
    out += '\n';
}

}  // namespace belfry::terminal
