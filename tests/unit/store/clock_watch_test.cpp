#include "store/clock_watch.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

class ClockWatchTest : public ::testing::Test {
  protected:
    static constexpr std::int64_t at_start = 1'764'000'000'000;
    static constexpr std::int64_t hour = 3'600'000;

    std::vector<std::string> lines_;
    store::ClockWatch watch_{at_start, [this](const std::string& line) { lines_.push_back(line); }};
};

TEST_F(ClockWatchTest, AClockThatIsSetByUpToAnHourCountsAsRight) {
    for (const std::int64_t jump : {std::int64_t{0}, hour, -hour}) {
        EXPECT_TRUE(watch_.is_trusted(at_start + jump));
    }
    EXPECT_TRUE(lines_.empty());
}

TEST_F(ClockWatchTest, AClockThatHasJumpedCountsAsWrongUntilItIsBack) {
    EXPECT_FALSE(watch_.is_trusted(at_start + hour + 1));
    EXPECT_FALSE(watch_.is_trusted(at_start + 100 * 24 * hour));
    EXPECT_TRUE(watch_.is_trusted(at_start + hour));
    EXPECT_FALSE(watch_.is_trusted(at_start - 3 * hour));
}

TEST_F(ClockWatchTest, LogsAJumpOnceAndItsEndOnce) {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch_.is_trusted(at_start + 40 * 24 * hour));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(watch_.is_trusted(at_start));
    EXPECT_FALSE(watch_.is_trusted(at_start - 3 * hour));
    ASSERT_EQ(lines_.size(), 3U);
    EXPECT_EQ(
        lines_[0],
        "the clock has jumped forward by 40 days since the server started; no messages are "
        "deleted by age until the clock is back; if the new time is right, stop and start the "
        "server; if it is wrong, set the clock");
    EXPECT_EQ(lines_[1], "the clock is back; messages are deleted by age again");
    EXPECT_TRUE(lines_[2].starts_with("the clock has jumped back by 3 hours since")) << lines_[2];
}

TEST_F(ClockWatchTest, LogsOnceThatTheTimesOfTheLogAreAheadOfTheClock) {
    constexpr std::uint64_t now = 1'764'000'000'000;  // 2025-11-24
    constexpr std::uint64_t an_hour = hour;
    constexpr std::uint64_t keep = 30 * 24 * an_hour;
    watch_.compare_with_log(now + an_hour, now, keep);
    EXPECT_TRUE(lines_.empty());
    for (int i = 0; i < 3; ++i) watch_.compare_with_log(now + 365 * 24 * an_hour, now, keep);
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_EQ(
        lines_[0],
        "the log contains times up to 2026-11-24, ahead of the clock; new messages get that time "
        "and are not deleted by age before 2026-12-24");
    watch_.compare_with_log(now, now, keep);
    watch_.compare_with_log(std::numeric_limits<std::int64_t>::max(), now, keep);
    ASSERT_EQ(lines_.size(), 2U);
    EXPECT_TRUE(
        lines_[1].ends_with("up to 9999-12-31, ahead of the clock; new messages get that time and "
                            "are not deleted by age before 9999-12-31"))
        << lines_[1];
}

}  // namespace
}  // namespace belfry::test
