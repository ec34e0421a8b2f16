#include "terminal/terminal_modes.hpp"

#include "terminal/terminfo.hpp"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

namespace belfry::terminal {
namespace {

// restore() reads these. They are written only while are_changed is 0.
termios before{};
bool are_known = false;
bool marks = false;
volatile std::sig_atomic_t are_changed = 0;

// Errors are ignored, because marked pastes are only a convenience.
void write_if_marking(std::string_view sequence) noexcept {
    if (!marks) return;
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, sequence.data(), sequence.size());
}

}  // namespace

TerminalModes::TerminalModes(bool marks_pastes) {
    are_known = ::tcgetattr(STDIN_FILENO, &before) == 0;
    marks = marks_pastes;
    change();
}

void TerminalModes::change() noexcept {
    if (!are_known) return;
    are_changed = 1;
    write_if_marking(ansi::paste_on);
}

// If a second signal interrupts this, its handler does all of it again. The modes come first,
// because the write waits for a terminal that has been stopped.
void TerminalModes::restore() noexcept {
    if (are_changed == 0) return;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    are_changed = 0;
    write_if_marking(ansi::paste_off);
}

}  // namespace belfry::terminal
