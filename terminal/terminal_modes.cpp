#include "terminal/terminal_modes.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>

namespace belfry::terminal {
namespace {

// What restore() needs. Written while are_changed is 0 alone.
termios before{};
std::string greeting;
bool are_known = false;
std::array<char, 32> farewell{};
std::size_t farewell_size = 0;
volatile sig_atomic_t are_changed = 0;

}  // namespace

TerminalModes::TerminalModes(const std::string& on, const std::string& off) {
    are_known = ::tcgetattr(STDIN_FILENO, &before) == 0;
    farewell_size = std::min(off.size(), farewell.size());
    std::copy_n(off.begin(), farewell_size, farewell.begin());
    greeting = on;
    change();
}

TerminalModes::~TerminalModes() {
    restore();
}

void TerminalModes::change() noexcept {
    if (!are_known) return;
    are_changed = 1;
    // A terminal that does not take it does without.
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, greeting.data(), greeting.size());
}

// Where a second signal comes in between it begins anew; and nothing waits for a stopped terminal
// before the modes are back.
void TerminalModes::restore() noexcept {
    if (are_changed == 0) return;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    are_changed = 0;
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, farewell.data(), farewell_size);
}

}  // namespace belfry::terminal
