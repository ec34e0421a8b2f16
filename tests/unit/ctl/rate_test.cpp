#include "ctl/rate.hpp"

#include "base/clock.hpp"
#include "store/log_record.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

/// A fixture with a ring of real frames, as a session writes them.
class RateTest : public ::testing::Test {
  protected:
    void say(int count) {
        for (int done = 0; done < count; ++done) static_cast<void>(ann_.say("a message"));
    }

    [[nodiscard]] ctl::Rate rate_at(std::uint64_t now_ms, std::uint64_t window_ms = 10'000) {
        return ctl::read_rate(scratch_.segment(), window_ms, now_ms);
    }

    ScratchSegment scratch_;
    Sender ann_{scratch_.segment(), 0, "ann", store::record_format};
    const std::uint64_t start_ = scratch_.segment().geometry().created_ms;
};

TEST_F(RateTest, TheRateOfAnEmptyRingIsZero) {
    const ctl::Rate rate = rate_at(start_ + 60'000);
    EXPECT_EQ(rate.messages_per_s, 0);
    EXPECT_EQ(rate.bytes_per_s, 0);
    EXPECT_EQ(rate.over_s, 10);
}

TEST_F(RateTest, TheRateCountsTheMessagesOfTheWindow) {
    say(50);
    const ctl::Rate rate = rate_at(start_ + 10'000);
    EXPECT_EQ(rate.over_s, 10);
    EXPECT_EQ(rate.messages_per_s, 5);
    const auto bytes = scratch_.segment().position(51).load();
    EXPECT_DOUBLE_EQ(rate.bytes_per_s, static_cast<double>(bytes) / 10);
}

TEST_F(RateTest, OlderMessagesDoNotCount) {
    say(50);
    EXPECT_EQ(rate_at(base::unix_ms() + 60'000).messages_per_s, 0);
}

TEST_F(RateTest, TheRateOfAYoungServerCoversItsLifetime) {
    say(8);
    const ctl::Rate rate = rate_at(start_ + 4'000);
    EXPECT_EQ(rate.over_s, 4);
    EXPECT_EQ(rate.messages_per_s, 2);
    EXPECT_EQ(rate_at(start_ + 1).over_s, 1) << "the shortest window is one second";
}

TEST_F(RateTest, IfTheRingHoldsLessThanTheWindowTheRateCoversTheWholeRing) {
    say(3000);
    ASSERT_GT(scratch_.log().first_id.load(), 1U);
    const std::uint64_t now = base::unix_ms() + 2'000;
    const ctl::Rate rate = rate_at(now, 1'000'000);
    const auto held = 3000 - scratch_.log().first_id.load() + 1;
    EXPECT_DOUBLE_EQ(rate.messages_per_s * rate.over_s, static_cast<double>(held));
    EXPECT_LE(rate.over_s, static_cast<double>(now - start_) / 1000);
}

}  // namespace
}  // namespace belfry::test
