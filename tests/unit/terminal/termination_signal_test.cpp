#include "terminal/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace belfry::terminal {
namespace {

/// True if the kernel restarts a write that this signal interrupts.
bool is_restarted(int number) {
    struct sigaction action {};
    return ::sigaction(number, nullptr, &action) == 0 && (action.sa_flags & SA_RESTART) != 0;
}

// These are death tests, which run in their own processes, because signal handlers belong to the
// whole process.

TEST(ClientTerminationSignalDeathTest, CtrlCAtATerminalDoesNotInterruptAWrite) {
    const auto run = [] {
        const TerminationSignal signal{true};
        ::_exit(is_restarted(SIGINT) ? 0 : 1);
    };
    EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

TEST(ClientTerminationSignalDeathTest, CtrlBackslashAtATerminalKillsTheProgram) {
    const auto run = [] {
        const TerminationSignal signal{true};
        static_cast<void>(::raise(SIGQUIT));
        ::_exit(1);
    };
    EXPECT_EXIT(run(), ::testing::KilledBySignal(SIGQUIT), "");
}

}  // namespace
}  // namespace belfry::terminal
