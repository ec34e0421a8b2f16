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

/// The command as a line for a shell, each word quoted; without its environment.
[[nodiscard]] std::string shell_line(const Invocation& command);

/// Of a terminal, in characters.
struct TerminalSize {
    int columns = 80;
    int rows = 24;
};

/// A program on a terminal of its own: tmux is the terminal, with a socket in a directory of its
/// own. The program's $XDG_CONFIG_HOME, $XDG_STATE_HOME and $HOME are in that directory too. Where
/// something does not come in time it throws Failure, which shows the screen.
class Terminal {
  public:
    explicit Terminal(const Invocation& command, TerminalSize size = {});
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    // --- what a person does ---

    /// Types text, without an Enter.
    void type(std::string_view text);

    /// Presses keys, by tmux's names: Enter, Left, C-d.
    void press(const std::vector<std::string>& keys);

    /// Types a line and presses Enter.
    void enter(std::string_view line);

    /// Pastes text, in brackets where the program has asked for them.
    void paste(std::string_view text);

    /// Until the program can know it: tmux tells it a moment later than it breaks the rows anew.
    void resize(TerminalSize size);

    // --- what a person sees ---

    /// The rows of the screen, without blanks at their ends, and without the empty ones at its end.
    [[nodiscard]] std::vector<std::string> rows() const;

    /// The same as one text. With `attributes` the escape sequences for colours stand in it.
    [[nodiscard]] std::string screen(bool attributes = false) const;

    /// All that is remembered, with what has left the screen.
    [[nodiscard]] std::string everything() const;

    /// Column and row, from 0.
    [[nodiscard]] std::pair<int, int> cursor() const;

    /// Waits until the screen contains the text.
    void expect(std::string_view text) const;

    /// Waits until it does not any more.
    void expect_gone(std::string_view text) const;

    /// Waits until these are the last rows of the screen.
    void expect_end(const std::vector<std::string>& last) const;

    // --- the program ---

    [[nodiscard]] pid_t pid() const;

    /// Waits for its end. Its exit status.
    [[nodiscard]] int wait() const;

    /// Whether the terminal's modes are as they were when the program began; after its end.
    [[nodiscard]] bool has_its_modes_back() const;

    /// All bytes that the program has written to the terminal.
    [[nodiscard]] std::string written() const;

  private:
    [[nodiscard]] std::string tmux(std::vector<std::string> arguments) const;
    [[nodiscard]] std::filesystem::path file(std::string_view name) const;
    void wait_until(std::string_view what, const std::function<bool()>& holds) const;

    TempDir folder_;
    Process server_;
};

/// A text with every time of the day in it as `hh:mm`.
[[nodiscard]] std::string without_times(std::string_view text);

}  // namespace belfry::test
