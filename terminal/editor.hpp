#pragma once

#include "terminal/commands.hpp"
#include "terminal/keyboard.hpp"

#include <histedit.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// The line that is being typed, on standard input and output. libedit handles its keys, its
/// history and its drawing. libedit asks for one key at a time, also in the middle of a search or
/// of an escape sequence. While there is no key, the program's event loop runs inside that call.
/// Only one thread uses the editor.
class Editor {
  public:
    struct Hooks {
        /// Waits until standard input is readable. @return false: no more keys are wanted
        std::function<bool()> wait;
        /// Removes the line from the screen before a new line begins.
        std::function<void()> hide;
        /// Clears the screen and draws everything again.
        std::function<void()> clear;
        /// Prints the possible completions of a word.
        std::function<void(const std::vector<std::string>&)> offer;
        /// Completes the last word of `front`, the line up to the cursor.
        std::function<typed::Completion(std::string_view front)> complete;
    };

    /// @throws std::runtime_error if libedit cannot use the terminal
    Editor(std::string_view prompt, std::size_t columns, Hooks hooks);
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;

    /// Adds a line to the history. The newest line comes last.
    void remember(std::string_view line);

    /// Draws the prompt below the text on the screen, edits a new line, and removes it from the
    /// screen. @return nothing after Ctrl-D, after the terminal has hung up, or if no more keys are
    /// wanted
    [[nodiscard]] std::optional<std::string> read_line();

    // --- while read_line() runs ---

    /// Returns the row of the cursor, counted from the row of the prompt.
    /// @param columns the width of the terminal now; it may have changed since the line was drawn
    [[nodiscard]] std::size_t cursor_row(std::size_t columns, std::size_t rows) const;

    /// Tells whether cursor_row() could be wrong after a resize unless the line is drawn again
    /// first.
    [[nodiscard]] bool must_be_drawn() const;

    /// Draws the line at the cursor, which must be at the start of an empty row.
    void draw();

    /// Adapts to a new size of the terminal. The line must not be on the screen.
    /// @param columns the new width
    void resize(std::size_t columns);

    [[nodiscard]] bool is_empty() const;

    /// Aborts a search, or drops the line and begins a new one. The line must not be on the screen.
    void cancel();

    /// Tells whether keys have been read and not used yet.
    [[nodiscard]] bool has_keys() const { return keyboard_.has_keys(); }

    /// Leave the terminal's editing modes before the process stops, and enter them again after it
    /// continues.
    void leave_modes() { ::el_wset(editline_.get(), EL_PREP_TERM, 0); }
    void enter_modes() { ::el_wset(editline_.get(), EL_PREP_TERM, 1); }

  private:
    static Editor& of(EditLine* editline);
    static wchar_t* prompt(EditLine* editline);
    static int next_key(EditLine* editline, wchar_t* key);
    static unsigned char on_enter(EditLine* editline, wint_t key);
    static unsigned char on_end(EditLine* editline, wint_t key);
    static unsigned char on_clear(EditLine* editline, wint_t key);
    static unsigned char on_tab(EditLine* editline, wint_t key);

    void bind_keys();
    [[nodiscard]] std::optional<wchar_t> wait_for_key();
    [[nodiscard]] std::wstring_view front() const;
    [[nodiscard]] std::wstring text() const;
    [[nodiscard]] bool is_searching() const;

    std::wstring prompt_;
    Hooks hooks_;
    Keyboard keyboard_;
    std::unique_ptr<EditLine, void (*)(EditLine*)> editline_;
    std::unique_ptr<HistoryW, void (*)(HistoryW*)> history_;
    std::size_t columns_;  // the width for which the line is drawn
    std::wstring drawn_;   // the line when it was last drawn as a whole
    bool has_entered_ = false;
};

}  // namespace belfry::terminal
