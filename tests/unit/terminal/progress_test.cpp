#include "terminal/standard_error.hpp"
#include "tests/support/pty.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace belfry::terminal {
namespace {

using namespace std::chrono_literals;

/// A fixture in which standard error is a terminal.
class ClientProgressRow : public ::testing::Test {
  protected:
    test::Pty terminal_;
    test::Redirected standard_error_{STDERR_FILENO, terminal_.program()};
    base::TimePoint now_ = base::Clock::now();
};

TEST_F(ClientProgressRow, HasNoDeadlineWhileThereIsNoWork) {
    Progress progress;
    EXPECT_FALSE(progress.next());
    progress.begin(now_);
    EXPECT_EQ(progress.next(), now_ + 1s);
    EXPECT_FALSE(progress.is_due(now_));
    EXPECT_TRUE(progress.is_due(now_ + 1s));
    progress.show("half", now_ + 1s);
    EXPECT_EQ(terminal_.read_until("half"), "\rhalf");
    EXPECT_TRUE(progress.next());
    progress.show("", now_ + 2s);
    EXPECT_EQ(terminal_.read_until(" \r"), "\r    \r");
    EXPECT_FALSE(progress.next());
    progress.begin(now_ + 3s);
    EXPECT_EQ(progress.next(), now_ + 4s) << "new work starts a new delay";
}

TEST_F(ClientProgressRow, DoesNotBlockOnAStoppedTerminal) {
    ASSERT_EQ(::tcflow(terminal_.program(), TCOOFF), 0);
    {
        Progress progress;
        progress.begin(now_);
        progress.show("half", now_ + 1s);
    }
    ASSERT_EQ(::tcflow(terminal_.program(), TCOON), 0);
    ASSERT_EQ(::write(terminal_.program(), "next", 4), 4);
    EXPECT_EQ(terminal_.read_until("next"), "next");
}

TEST_F(ClientProgressRow, IsShownOnATerminalOnly) {
    const base::UniqueFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const test::Redirected elsewhere{STDERR_FILENO, null.get()};
    Progress progress;
    progress.begin(now_);
    EXPECT_FALSE(progress.next());
}

}  // namespace
}  // namespace belfry::terminal
