#include "terminal/editor.hpp"

#include "base/utf8.hpp"
#include "terminal/line_layout.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace belfry::terminal {
namespace {

constexpr int history_size = 1000;
constexpr wchar_t abort_search = L'\x07';
constexpr wchar_t enter = L'\r';

// Bindings besides libedit's own. The last seven are the sequences that terminals send for Delete,
// Home, End, and Ctrl with an arrow key.
constexpr std::array<std::pair<const wchar_t*, const wchar_t*>, 15> bindings{{
    {L"^M", L"belfry-enter"},
    {L"^J", L"belfry-enter"},
    {L"^I", L"belfry-complete"},
    {L"^D", L"belfry-end"},
    {L"^L", L"belfry-clear"},
    {L"^R", L"em-inc-search-prev"},
    {L"^V", L"ed-quoted-insert"},
    {L"^W", L"ed-delete-prev-word"},
    {L"\\e[3~", L"ed-delete-next-char"},
    {L"\\e[1~", L"ed-move-to-beg"},
    {L"\\e[H", L"ed-move-to-beg"},
    {L"\\e[4~", L"ed-move-to-end"},
    {L"\\e[F", L"ed-move-to-end"},
    {L"\\e[1;5D", L"ed-prev-word"},
    {L"\\e[1;5C", L"em-next-word"},
}};

}  // namespace

Editor::Editor(std::string_view prompt, std::size_t columns, Hooks hooks)
    : prompt_{base::wide(prompt)},
      hooks_{std::move(hooks)},
      editline_{::el_init("belfry", stdin, stdout, stderr), ::el_end},
      history_{::history_winit(), ::history_wend},
      columns_{columns} {
    if (!editline_ || !history_) throw std::runtime_error{"cannot edit lines on this terminal"};
    EditLine* el = editline_.get();
    ::el_wset(el, EL_CLIENTDATA, this);
    ::el_wset(el, EL_PROMPT, &Editor::prompt);
    ::el_wset(el, EL_GETCFN, &Editor::next_key);
    ::el_wset(el, EL_EDITOR, L"emacs");
    ::el_wset(el, EL_HIST, ::history_w, history_.get());
    HistEventW event{};
    ::history_w(history_.get(), &event, H_SETSIZE, history_size);
    ::history_w(history_.get(), &event, H_SETUNIQUE, 1);
    bind_keys();
    // Otherwise the terminal would, between two lines, echo pasted text and interpret control
    // characters in it.
    ::el_wset(el, EL_SETTY, L"-x", L"-icanon", L"-echo", L"-icrnl", L"-iexten", nullptr);
}

void Editor::bind_keys() {
    EditLine* el = editline_.get();
    ::el_wset(el, EL_ADDFN, L"belfry-enter", L"Send the line", &Editor::on_enter);
    ::el_wset(el, EL_ADDFN, L"belfry-complete", L"Complete the word", &Editor::on_tab);
    ::el_wset(el, EL_ADDFN, L"belfry-end", L"End, or delete a character", &Editor::on_end);
    ::el_wset(el, EL_ADDFN, L"belfry-clear", L"Clear the screen", &Editor::on_clear);
    for (const auto& [key, function] : bindings) ::el_wset(el, EL_BIND, key, function, nullptr);
}

void Editor::remember(std::string_view line) {
    HistEventW event{};
    ::history_w(history_.get(), &event, H_ENTER, base::wide(line).c_str());
}

std::optional<std::string> Editor::read_line() {
    has_entered_ = false;
    drawn_.clear();
    int length = 0;
    const wchar_t* text = ::el_wgets(editline_.get(), &length);
    if (!has_entered_) return std::nullopt;
    if (text == nullptr) return std::string{};
    return base::narrow({text, static_cast<std::size_t>(length)});
}

std::size_t Editor::cursor_row(std::size_t columns, std::size_t rows) const {
    const LineLayout layout{columns_, prompt_ + text(), prompt_.size() + front().size()};
    // libedit scrolls a line that is longer than the screen.
    return std::min(layout.cursor_row(columns), rows - 1);
}

bool Editor::must_be_drawn() const {
    return drawn_ != text() && LineLayout{columns_, prompt_ + text(), 0}.has_breaks();
}

void Editor::draw() {
    drawn_ = text();
    ::el_wset(editline_.get(), EL_REFRESH);
}

void Editor::resize(std::size_t columns) {
    columns_ = columns;
    ::el_resize(editline_.get());
}

bool Editor::is_empty() const {
    const LineInfoW* line = ::el_wline(editline_.get());
    return line->lastchar == line->buffer;
}

void Editor::cancel() {
    // When a search is aborted, libedit restores the line that was there before.
    if (is_searching()) return keyboard_.press(abort_search);
    const LineInfoW* line = ::el_wline(editline_.get());
    const auto size = static_cast<int>(line->lastchar - line->buffer);
    ::el_cursor(editline_.get(), size);
    ::el_wdeletestr(editline_.get(), size);
    // A new line makes the history start from its newest entry again.
    keyboard_.press(enter);
}

std::wstring_view Editor::front() const {
    const LineInfoW* line = ::el_wline(editline_.get());
    return {line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)};
}

std::wstring Editor::text() const {
    const LineInfoW* line = ::el_wline(editline_.get());
    return {line->buffer, line->lastchar};
}

// During a search libedit appends the search text to the line, after a newline.
bool Editor::is_searching() const {
    return text().find(L'\n') != std::wstring::npos;
}

// --- what libedit calls ---

Editor& Editor::of(EditLine* editline) {
    void* data = nullptr;
    ::el_wget(editline, EL_CLIENTDATA, &data);
    return *static_cast<Editor*>(data);
}

wchar_t* Editor::prompt(EditLine* editline) {
    return of(editline).prompt_.data();
}

int Editor::next_key(EditLine* editline, wchar_t* key) {
    const auto pressed = of(editline).wait_for_key();
    *key = pressed.value_or(L'\0');
    return pressed ? 1 : 0;
}

std::optional<wchar_t> Editor::wait_for_key() {
    for (;;) {
        if (const auto key = keyboard_.next()) return key;
        if (!hooks_.wait()) return std::nullopt;
        // cancel() may have pressed a key during the wait.
        if (keyboard_.has_keys()) continue;
        std::array<char, 4096> bytes{};
        const auto n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return std::nullopt;
        keyboard_.take({bytes.data(), static_cast<std::size_t>(n)});
    }
}

unsigned char Editor::on_enter(EditLine* editline, wint_t) {
    Editor& editor = of(editline);
    editor.hooks_.hide();
    editor.has_entered_ = true;
    return CC_NEWLINE;
}

unsigned char Editor::on_end(EditLine* editline, wint_t) {
    Editor& editor = of(editline);
    if (editor.is_empty()) {
        editor.hooks_.hide();
        return CC_EOF;
    }
    const LineInfoW* line = ::el_wline(editline);
    if (line->cursor == line->lastchar) return CC_ERROR;
    ::el_cursor(editline, 1);
    ::el_wdeletestr(editline, 1);
    return CC_REFRESH;
}

unsigned char Editor::on_clear(EditLine* editline, wint_t) {
    of(editline).hooks_.clear();
    return CC_NORM;
}

unsigned char Editor::on_tab(EditLine* editline, wint_t) {
    Editor& editor = of(editline);
    const auto completion = editor.hooks_.complete(base::narrow(editor.front()));
    if (completion.rest.empty() && completion.choices.empty()) return CC_ERROR;
    if (completion.rest.empty()) {
        editor.hooks_.offer(completion.choices);
        return CC_NORM;
    }
    return ::el_winsertstr(editline, base::wide(completion.rest).c_str()) == 0 ? CC_REFRESH
                                                                               : CC_ERROR;
}

}  // namespace belfry::terminal
