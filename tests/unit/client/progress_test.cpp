#include "client/progress.hpp"

#include "tests/support/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace belfry::client {
namespace {

using namespace std::chrono_literals;
using test::Fd;

/// Standard error is a terminal.
class ClientProgressRow : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::grantpt(person_.get()), 0);
        ASSERT_EQ(::unlockpt(person_.get()), 0);
        program_ = Fd{::open(::ptsname(person_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
        ASSERT_TRUE(program_.is_open());
        ASSERT_GE(::dup2(program_.get(), STDERR_FILENO), 0);
    }
    void TearDown() override { ::dup2(before_.get(), STDERR_FILENO); }

    /// What has been written.
    [[nodiscard]] std::string seen() const {
        std::array<char, 256> text{};
        pollfd ready{.fd = person_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, 0) <= 0) return {};
        const auto n = ::read(person_.get(), text.data(), text.size());
        return {text.data(), static_cast<std::size_t>(n)};
    }

    Fd before_{::dup(STDERR_FILENO)};
    Fd person_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    Fd program_;
    TimePoint now_ = Clock::now();
};

TEST_F(ClientProgressRow, WakesNobodyWhileThereIsNoWork) {
    Progress progress;
    EXPECT_FALSE(progress.next());
    progress.begin(now_);
    EXPECT_EQ(progress.next(), now_ + 1s);
    EXPECT_FALSE(progress.is_due(now_));
    EXPECT_TRUE(progress.is_due(now_ + 1s));
    progress.show("half", now_ + 1s);
    EXPECT_EQ(seen(), "\rhalf");
    EXPECT_TRUE(progress.next());
    progress.show("", now_ + 2s);
    EXPECT_EQ(seen(), "\r    \r");
    EXPECT_FALSE(progress.next());
    progress.begin(now_ + 3s);
    EXPECT_EQ(progress.next(), now_ + 4s) << "another work";
}

TEST_F(ClientProgressRow, DoesNotWaitForATerminalThatIsStopped) {
    ASSERT_EQ(::tcflow(program_.get(), TCOOFF), 0);
    {
        Progress progress;
        progress.begin(now_);
        progress.show("half", now_ + 1s);
    }
    ASSERT_EQ(::tcflow(program_.get(), TCOON), 0);
    EXPECT_EQ(seen(), "");
}

TEST(ClientProgressRowElsewhere, IsNotShown) {
    const Fd before{::dup(STDERR_FILENO)};
    const Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    ::dup2(null.get(), STDERR_FILENO);
    Progress progress;
    progress.begin(Clock::now());
    EXPECT_FALSE(progress.next());
    ::dup2(before.get(), STDERR_FILENO);
}

}  // namespace
}  // namespace belfry::client
