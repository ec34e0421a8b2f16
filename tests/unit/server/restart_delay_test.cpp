#include "server/restart_delay.hpp"

#include <gtest/gtest.h>

namespace belfry::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int exited_with_1 = 1 << 8;  // as waitpid(2) tells it
constexpr int killed = SIGKILL;

class RestartDelayTest : public ::testing::Test {
  protected:
    base::TimePoint now_ = base::TimePoint{} + seconds{100};
    RestartDelay delay_;
};

TEST_F(RestartDelayTest, NothingIsDueWhileTheProcessRuns) {
    delay_.started(now_);
    EXPECT_FALSE(delay_.is_waiting());
    EXPECT_FALSE(delay_.is_due(now_ + seconds{100}));
}

TEST_F(RestartDelayTest, AProcessThatExitsSoonIsStartedAgainAfterASecond) {
    delay_.started(now_);
    now_ += milliseconds{500};
    delay_.ended(exited_with_1, now_);
    EXPECT_TRUE(delay_.is_waiting());
    EXPECT_FALSE(delay_.is_due(now_ + milliseconds{999}));
    EXPECT_TRUE(delay_.is_due(now_ + seconds{1}));
}

TEST_F(RestartDelayTest, AProcessThatWasKilledOrHasRunForLongIsStartedAgainAtOnce) {
    delay_.started(now_);
    delay_.ended(killed, now_);
    EXPECT_TRUE(delay_.is_due(now_));
    delay_.started(now_);
    now_ += milliseconds{1001};
    delay_.ended(exited_with_1, now_);
    EXPECT_TRUE(delay_.is_due(now_));
}

TEST_F(RestartDelayTest, AProcessThatWasTakenOverIsStartedAgainAtOnce) {
    delay_.ended(0, now_);
    EXPECT_TRUE(delay_.is_due(now_));
}

TEST_F(RestartDelayTest, AStartThatFailedIsTriedAgainAfterASecond) {
    delay_.not_started(now_);
    EXPECT_FALSE(delay_.is_due(now_ + milliseconds{999}));
    EXPECT_TRUE(delay_.is_due(now_ + seconds{1}));
}

}  // namespace
}  // namespace belfry::server
