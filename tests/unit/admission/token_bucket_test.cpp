#include "admission/token_bucket.hpp"

#include <gtest/gtest.h>

namespace belfry::admission {
namespace {

using std::chrono::milliseconds;

class ATokenBucket : public ::testing::Test {
  protected:
    int take_all() {
        int taken = 0;
        while (bucket_.try_take(now_)) ++taken;
        return taken;
    }

    base::TimePoint now_{std::chrono::hours{1}};
    TokenBucket bucket_{{.interval = milliseconds{50}, .burst = 300}};
};

TEST_F(ATokenBucket, IsFullAtFirst) {
    EXPECT_EQ(take_all(), 300);
}

TEST_F(ATokenBucket, GetsOneTokenAfterTheOther) {
    take_all();
    EXPECT_EQ(bucket_.next_token(now_), now_ + milliseconds{50});
    now_ += milliseconds{49};
    EXPECT_FALSE(bucket_.has_token(now_));
    now_ += milliseconds{1};
    EXPECT_EQ(take_all(), 1);
    now_ += milliseconds{1000};
    EXPECT_EQ(take_all(), 20);
}

TEST_F(ATokenBucket, NeverHoldsMoreThanItsBurst) {
    take_all();
    now_ += std::chrono::hours{24};
    EXPECT_EQ(take_all(), 300);
}

TEST_F(ATokenBucket, TakesTokensBackButNotBeyondItsBurst) {
    take_all();
    bucket_.give_back();
    EXPECT_EQ(take_all(), 1);
    now_ += std::chrono::seconds{15};
    bucket_.give_back();
    EXPECT_EQ(take_all(), 300);
}

TEST_F(ATokenBucket, OwesWhatWasTakenBeyondItsTokens) {
    bucket_.take(now_, 340);
    EXPECT_EQ(bucket_.next_token(now_), now_ + milliseconds{41 * 50});
    now_ += milliseconds{40 * 50};
    EXPECT_FALSE(bucket_.has_token(now_));
    now_ += milliseconds{50};
    EXPECT_EQ(take_all(), 1);
}

}  // namespace
}  // namespace belfry::admission
