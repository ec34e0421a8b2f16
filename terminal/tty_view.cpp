#include "terminal/tty_view.hpp"

#include "terminal/terminal_modes.hpp"

#include <langinfo.h>
#include <unistd.h>

#include <boost/algorithm/string/join.hpp>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>
#include <variant>

namespace belfry::terminal {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t pending_rows = 5;

// Messages and typed lines are UTF-8, whatever the locale says.
void use_utf8() {
    static_cast<void>(std::setlocale(LC_CTYPE, ""));
    if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0) return;
    static_cast<void>(std::setlocale(LC_CTYPE, "C.UTF-8"));
}

Painter painter_for(const Options& options, const Terminfo& terminfo) {
    return wants_colour(options.colour, true) ? Painter{terminfo.colours} : Painter{};
}

Terminfo loaded() {
    use_utf8();
    return Terminfo::load().value_or(Terminfo{});
}

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

bool TtyView::is_possible(const Options& options) {
    const bool is_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    return is_terminal && !options.json && !options.count && Terminfo::load();
}

TtyView::TtyView(const Options& options)
    : options_{options},
      terminfo_{loaded()},
      painter_{painter_for(options, terminfo_)},
      screen_{painter_},
      transcript_{options.client_id, painter_},
      backlog_{transcript_},
      requests_{options.client_id, transcript_, [this](const std::string& text) { print(text); },
                [this](const std::string& client_id) {
                    if (client_id != options_.client_id) names_.insert(client_id);
                }},
      history_{history_path()} {
    redirect_warnings([this](std::string_view text) { note(text); });
}

// After an exception the editor may still exist. The screen outlives it and must not use it.
TtyView::~TtyView() {
    redirect_warnings(nullptr);
    screen_.hide();
    screen_.edit(nullptr);
}

// --- typing ---

void TtyView::read_lines(const Hooks& hooks) {
    {
        const TerminalModes modes{terminfo_.marks_pastes};
        editor_.emplace(options_.client_id + "> ", Screen::size().columns, editor_hooks(hooks));
        screen_.edit(&*editor_);
        for (const auto& line : history_.load()) editor_->remember(line);
        while (!has_ended_) {
            screen_.show_status();
            const auto line = editor_->read_line();
            if (!line) break;
            enter(*line, hooks);
        }
        has_ended_ = true;
        screen_.hide();
        screen_.edit(nullptr);
        editor_.reset();
    }
    screen_.show();
}

Editor::Hooks TtyView::editor_hooks(const Hooks& hooks) {
    return {.wait = hooks.wait,
            .hide = [this] { screen_.hide(); },
            .clear = [this] { screen_.clear(); },
            .offer =
                [this](const std::vector<std::string>& words) {
                    print(boost::algorithm::join(words, "  ") + "\n");
                    screen_.show();
                },
            .complete = [this](std::string_view front) { return complete(front); }};
}

void TtyView::enter(std::string_view line, const Hooks& hooks) {
    if (line.empty()) return;
    editor_->remember(line);
    history_.append(line);
    std::visit(Overloaded{[](const typed::Nothing&) {},
                          [&](const typed::Text& typed) { hooks.send(typed.text); },
                          [this](const typed::ListOnline&) { ask([this] { requests_.who(); }); },
                          [this](const typed::ShowHistory& typed) {
                              ask([&] { requests_.history(newest_, typed.count); });
                          },
                          [this](const typed::SearchText& typed) {
                              ask([&] { requests_.search(newest_, typed.text); });
                          },
                          [this](const typed::ShowHelp&) { help(); },
                          [this](const typed::Leave&) { has_ended_ = true; },
                          [this](const typed::Mistake& typed) { note(typed.why); }},
               typed::read(line));
}

void TtyView::ask(const std::function<void()>& question) {
    if (!is_connected_) return note("not connected; ask again after the connection is back");
    question();
}

void TtyView::help() {
    print(typed::overview() +
          "  Tab completes names and commands. Up and Ctrl-R find earlier lines.\n"
          "  Ctrl-C clears the line; on an empty line it quits.\n");
}

typed::Completion TtyView::complete(std::string_view front) const {
    std::vector<std::string> words{names_.begin(), names_.end()};
    if (front.starts_with('/') && front.find(' ') == std::string_view::npos) {
        words.clear();
        for (const auto& command : typed::commands()) words.emplace_back(command.name);
    }
    return typed::complete(front, words);
}

bool TtyView::interrupt() {
    if (requests_.end_search()) return true;
    if (!editor_ || has_ended_ || editor_->is_empty()) return false;
    screen_.hide();
    editor_->cancel();
    return true;
}

// --- the terminal ---

void TtyView::take_signals() {
    const auto came = signals_.take();
    if (came.stop) stop();
    if (came.stop || came.resize) screen_.resize();
}

void TtyView::stop() {
    screen_.hide();
    static_cast<void>(std::fflush(stdout));
    // libedit leaves the modes that it uses between two lines, but the shell needs the original
    // ones.
    if (editor_) editor_->leave_modes();
    if (editor_) TerminalModes::restore();
    TerminalSignals::stop();
    if (editor_) TerminalModes::change();
    if (editor_) editor_->enter_modes();
}

// --- what is shown ---

void TtyView::print(const std::string& text) {
    screen_.print(backlog_.is_open() ? backlog_.pass(text) : text);
}

void TtyView::show(base::TimePoint now) {
    screen_.set_status(status(now));
    if (wants_bell_) Screen::bell();
    wants_bell_ = false;
    screen_.show();
}

std::vector<std::string> TtyView::status(base::TimePoint now) {
    std::vector<std::string> rows;
    for (const auto& [line, text] : unsent_) {
        if (rows.size() == pending_rows) break;
        rows.push_back(pending_row(text));
    }
    if (unsent_.size() > pending_rows) {
        rows.push_back("... " + counted_messages(unsent_.size()) + " not confirmed yet");
    }
    if (const auto text = backlog_.progress()) rows.push_back(*text);
    if (const auto text = requests_.progress()) rows.push_back(*text);
    show_again_at_.reset();
    if (was_connected_ && !is_connected_) rows.push_back(connection_status(now));
    return rows;
}

std::string TtyView::connection_status(base::TimePoint now) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(next_attempt_ - now);
    if (left <= 0s) return "not connected, connecting; typed lines are kept";
    show_again_at_ = next_attempt_ - left + 1s;
    return "not connected, retrying in " + std::to_string(left.count()) +
           " s; typed lines are kept";
}

void TtyView::finish() {
    screen_.set_status({});
    screen_.print(backlog_.end());
    for (const auto& [line, text] : unsent_) note("not confirmed: " + text);
}

// --- View ---

bool TtyView::has_passed_on_all() const {
    return !backlog_.holds() && std::ferror(stdout) == 0;
}

void TtyView::welcome(const Welcome& welcome) {
    is_connected_ = was_connected_ = true;
    newest_ = welcome.last;
    backlog_.begin(welcome.cursor, welcome.last);
    requests_.ask_names();
}

void TtyView::lost(base::TimePoint next_attempt) {
    next_attempt_ = next_attempt;
    if (!is_connected_) return;
    is_connected_ = false;
    screen_.print(backlog_.end());
    requests_.lost();
}

void TtyView::message(const Message& message) {
    newest_ = std::max(newest_, message.id);
    names_.insert(message.sender);
    const Said what = said(message);
    if (backlog_.is_open()) return screen_.print(backlog_.add(message.id, what));
    screen_.print(transcript_.message(what, Transcript::Look::fresh));
    wants_bell_ = wants_bell_ || transcript_.mentions_me(what);
}

void TtyView::sending(std::uint64_t line, std::string_view text) {
    unsent_.emplace(line, text);
}

void TtyView::accepted(std::uint64_t line, const Receipt& receipt) {
    const std::string text = std::move(unsent_.extract(line).mapped());
    newest_ = std::max(newest_, receipt.id);
    const Said said{.sender = options_.client_id, .time = std::time(nullptr), .text = text};
    print(transcript_.message(said, Transcript::Look::fresh));
}

void TtyView::refused(std::uint64_t line, const Error& why) {
    note("not accepted: " + unsent_.extract(line).mapped() + ": " + why.text);
}

void TtyView::presence(const Presence& presence) {
    names_.insert(presence.id);
    note(presence.id + (presence.online ? " is online" : " is offline"));
}

}  // namespace belfry::terminal
