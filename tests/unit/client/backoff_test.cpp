#include "client/backoff.hpp"

#include <gtest/gtest.h>

namespace belfry::client {
namespace {

using namespace std::chrono_literals;

TEST(ClientBackoff, WaitsFrom50MillisecondsTo2Seconds) {
    Backoff backoff;
    for (int i = 0; i < 1000; ++i) {
        const auto wait = backoff.next();
        EXPECT_GE(wait, 50ms);
        EXPECT_LE(wait, 2s);
    }
}

TEST(ClientBackoff, GrowsUntilItIsReset) {
    Backoff backoff;
    EXPECT_LE(backoff.next(), 100ms);
    for (int i = 0; i < 10; ++i) static_cast<void>(backoff.next());
    EXPECT_GE(backoff.next(), 1s);
    backoff.reset();
    EXPECT_LE(backoff.next(), 100ms);
}

TEST(ClientBackoff, TwoClientsDoNotWaitEquallyLong) {
    Backoff one;
    Backoff other;
    int same = 0;
    for (int i = 0; i < 20; ++i) same += one.next() == other.next() ? 1 : 0;
    EXPECT_LT(same, 20);
}

}  // namespace
}  // namespace belfry::client
