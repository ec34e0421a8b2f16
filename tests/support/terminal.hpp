#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

/// Returns the command as a line for a shell, with each word quoted and without its environment.
[[nodiscard]] std::string shell_line(const Invocation& command);

/// The size of a terminal in characters.
struct TerminalSize {
    int columns = 80;
    int rows = 24;
};

/// A program on its own terminal, which is tmux with a socket in a temporary directory.
/// $XDG_CONFIG_HOME, $XDG_STATE_HOME and $HOME of the program are in that directory too. If
/// something does not appear in time, functions throw Failure with the contents of the screen.
class Terminal {
  public:
    explicit Terminal(const Invocation& command, TerminalSize size = {});
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    // --- what a person does ---

    /// Types text without pressing Enter.
    void type(std::string_view text);

    /// Presses keys, which have tmux's names: Enter, Left, C-d.
    void press(const std::vector<std::string>& keys);

    /// Types a line and presses Enter.
    void enter(std::string_view line);

    /// Pastes text, as a bracketed paste if the program has asked for that.
    void paste(std::string_view text);

    /// Resizes the terminal, and waits until the program can see the new size: tmux rewraps the
    /// rows a moment before it tells the program.
    void resize(TerminalSize size);

    // --- what a person sees ---

    /// Returns the rows of the screen, without trailing blanks and without the empty rows at its
    /// end.
    [[nodiscard]] std::vector<std::string> rows() const;

    /// Returns the screen as one text; with `attributes`, including the escape sequences for
    /// colours.
    [[nodiscard]] std::string screen(bool attributes = false) const;

    /// Returns the whole scrollback, including what has left the screen.
    [[nodiscard]] std::string everything() const;

    /// Returns the column and row of the cursor, counted from 0.
    [[nodiscard]] std::pair<int, int> cursor() const;

    /// Waits until the screen contains the text.
    void expect(std::string_view text) const;

    /// Waits until the screen no longer contains the text.
    void expect_gone(std::string_view text) const;

    /// Waits until the screen ends with these rows.
    void expect_end(const std::vector<std::string>& last) const;

    // --- the program ---

    [[nodiscard]] pid_t pid() const;

    /// Waits for the end of the program, and returns its exit status.
    [[nodiscard]] int wait() const;

    /// True if the terminal has the modes that it had before the program started. To be called
    /// after its end.
    [[nodiscard]] bool has_its_modes_back() const;

    /// Returns all bytes that the program has written to the terminal.
    [[nodiscard]] std::string written() const;

  private:
    [[nodiscard]] std::string tmux(std::vector<std::string> arguments) const;
    [[nodiscard]] std::filesystem::path file(std::string_view name) const;
    void wait_until(std::string_view what, const std::function<bool()>& holds) const;

    TempDir folder_;
    Process server_;
};

/// Returns the text with every time of day replaced by `hh:mm`.
[[nodiscard]] std::string without_times(std::string_view text);

}  // namespace belfry::test
