#include "client/terminal_modes.hpp"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace belfry::client {
namespace {

// What restore() needs. Written while are_changed is 0 alone.
termios before{};
std::array<char, 32> farewell{};
std::size_t farewell_size = 0;
volatile sig_atomic_t are_changed = 0;

}  // namespace

TerminalModes::TerminalModes(const std::string& on, const std::string& off) {
    if (::tcgetattr(STDIN_FILENO, &before) != 0) return;
    farewell_size = std::min(off.size(), farewell.size());
    std::copy_n(off.begin(), farewell_size, farewell.begin());
    are_changed = 1;
    // A terminal that does not take it does without.
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, on.data(), on.size());
}

TerminalModes::~TerminalModes() {
    restore();
}

void TerminalModes::restore() noexcept {
    if (are_changed == 0) return;
    are_changed = 0;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, farewell.data(), farewell_size);
}

}  // namespace belfry::client
