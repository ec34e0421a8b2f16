#include "store/clock_watch.hpp"

#include <gtest/gtest.h>

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

TEST_F(ClockWatchTest, AClockThatIsSetByUpToAnHourIsRight) {
    for (const std::int64_t jump : {std::int64_t{0}, hour, -hour}) {
        EXPECT_TRUE(watch_.is_right(at_start + jump));
    }
    EXPECT_TRUE(lines_.empty());
}

TEST_F(ClockWatchTest, AClockThatHasJumpedIsWrongUntilItIsBack) {
    EXPECT_FALSE(watch_.is_right(at_start + hour + 1));
    EXPECT_FALSE(watch_.is_right(at_start + 100 * 24 * hour));
    EXPECT_TRUE(watch_.is_right(at_start + hour));
    EXPECT_FALSE(watch_.is_right(at_start - 3 * hour));
}

TEST_F(ClockWatchTest, SaysOnceWhatHasHappenedAndWhenItGoesOn) {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(watch_.is_right(at_start + 40 * 24 * hour));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(watch_.is_right(at_start));
    EXPECT_FALSE(watch_.is_right(at_start - 3 * hour));
    ASSERT_EQ(lines_.size(), 3U);
    EXPECT_EQ(lines_[0],
              "the clock has jumped forward by 40 days since the server began: no message is "
              "deleted for its age until the clock is back or the server has been stopped and "
              "started again");
    EXPECT_EQ(lines_[1], "the clock is back: messages are deleted for their age again");
    EXPECT_TRUE(lines_[2].starts_with("the clock has jumped back by 3 hours since")) << lines_[2];
}

}  // namespace
}  // namespace belfry::test
