#include "terminal/tty_view.hpp"
#include "tests/support/pty.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <cstdio>
#include <stdexcept>

namespace belfry::terminal {
namespace {

// AddressSanitizer finds most of the errors that this test is about.
TEST(ClientTtyViewFailure, ClearsTheInputLineAndEnds) {
    const test::TempDir home;
    const test::Variable state{"XDG_STATE_HOME", home.path().string()};
    const test::Variable term{"TERM", "xterm"};
    const test::Pty terminal;
    std::fflush(stdout);
    {
        const test::Redirected in{STDIN_FILENO, terminal.program()};
        const test::Redirected out{STDOUT_FILENO, terminal.program()};
        Options options;
        options.client_id = "1";
        {
            TtyView room{options};
            const auto fail = []() -> bool { throw std::runtime_error{"out of order"}; };
            EXPECT_THROW(room.read_lines({.wait = fail, .send = [](std::string_view) {}}),
                         std::runtime_error);
        }
        std::fflush(stdout);
    }
    EXPECT_NE(terminal.read_until("1> "), "");
    EXPECT_NE(terminal.read_until("\x1b[J"), "") << "the screen below the cursor was not cleared";
}

}  // namespace
}  // namespace belfry::terminal
