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

/// The line that is being typed, on standard input and output. libedit edits it: keys, history,
/// drawing. It asks for one key after the other, also in the middle of a search or of a key's
/// sequence; while there is none the program's loop turns below it.
class Editor {
  public:
    struct Hooks {
        /// Waits until the keyboard can be read. False: no more keys are wanted.
        std::function<bool()> wait;
        /// Takes the line off the screen, before it is changed as a whole.
        std::function<void()> hide;
        /// Clears the screen and draws everything again.
        std::function<void()> clear;
        /// Shows what a word can be completed to.
        std::function<void(const std::vector<std::string>&)> offer;
        /// What the word at the end of a line's front can be completed to.
        std::function<typed::Completion(std::string_view front)> complete;
    };

    /// @throws std::runtime_error where the terminal cannot be used
    Editor(std::string_view prompt, std::size_t columns, Hooks hooks);
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;

    /// A line for the history; the newest one last.
    void remember(std::string_view line);

    /// Draws the prompt behind what stands on the screen, and edits a new line. None: Ctrl-D, the
    /// end of the terminal, or no more keys are wanted. The line is taken off the screen.
    [[nodiscard]] std::optional<std::string> read_line();

    // --- while a line is edited ---

    /// The row of the line in which the cursor stands, 0 being that of the prompt.
    /// @param columns of the terminal now, which may have changed since the line was drawn
    [[nodiscard]] std::size_t cursor_row(std::size_t columns, std::size_t rows) const;

    /// Whether cursor_row() could be wrong after a change of the size, unless it is drawn anew.
    [[nodiscard]] bool must_be_drawn() const;

    /// Draws the line where the cursor stands: at the beginning of a row, with nothing behind.
    void draw();

    /// The terminal's size has changed, and the line is not on the screen.
    /// @param columns the new one
    void resize(std::size_t columns);

    [[nodiscard]] bool is_empty() const;

    /// Begins a new line instead, or breaks off a search. The line must not be on the screen.
    void cancel();

    /// Whether keys are there already.
    [[nodiscard]] bool has_keys() const { return keyboard_.has_keys(); }

    /// Ends or begins the terminal's editing modes: the program stops, or goes on.
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
    std::size_t columns_;  // for which it is drawn
    std::wstring drawn_;   // the line when it was last drawn as a whole
    bool has_entered_ = false;
};

}  // namespace belfry::terminal
