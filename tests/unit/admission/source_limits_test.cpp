#include "admission/source_limits.hpp"

#include "tests/unit/admission/fake_peer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::admission {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = SourceLimits::Verdict;

Source source(int number) {
    const std::string address =
        "10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256);
    return Source{test::peer(address)};
}

class ASourceLimit : public ::testing::Test {
  protected:
    /// Makes a source known, and leaves its tokens as they are.
    void make_known(const Source& known) { limits_.remember(known, now_); }

    /// Asks until the answer is not yes. @return how often it was
    int forks(const Source& asking) {
        int count = 0;
        while ((last_ = limits_.may_fork(asking, now_)) == Verdict::yes) ++count;
        return count;
    }

    /// One process after the other that fails, until no further one is allowed.
    int failures(const Source& asking) {
        int count = 0;
        while ((last_ = limits_.may_fork(asking, now_)) == Verdict::yes) {
            limits_.failed(asking, now_);
            ++count;
        }
        return count;
    }

    base::TimePoint now_{hours{1}};
    SourceLimits limits_;
    Verdict last_ = Verdict::no;
    const Source ann_ = source(1);
    const Source bob_ = source(2);
};

TEST_F(ASourceLimit, AllowsABurstAndThenTwentyProcessesASecond) {
    make_known(ann_);
    EXPECT_EQ(forks(ann_), 300);
    now_ += seconds{1};
    EXPECT_EQ(forks(ann_), 20);
    now_ += milliseconds{50};
    EXPECT_EQ(forks(ann_), 1);
}

TEST_F(ASourceLimit, IsOfOneSourceAlone) {
    make_known(ann_);
    make_known(bob_);
    EXPECT_EQ(forks(ann_), 300);
    EXPECT_EQ(forks(bob_), 300);
}

TEST_F(ASourceLimit, GetsTheTokenOfALoginBack) {
    for (int login = 0; login < 10'000; ++login) {
        ASSERT_EQ(limits_.may_fork(ann_, now_), Verdict::yes) << login;
        limits_.logged_in(ann_, now_);
    }
}

TEST_F(ASourceLimit, IsPutOffWhileLoginsAreNotDecided) {
    make_known(ann_);
    EXPECT_EQ(forks(ann_), 300);
    EXPECT_EQ(last_, Verdict::later);
    limits_.logged_in(ann_, now_);
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::yes);
    for (int end = 0; end < 300; ++end) limits_.gave_up(ann_);
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::no);
}

TEST_F(ASourceLimit, OfStrangersIsSharedByAllOfThem) {
    int count = 0;
    for (int number = 10; number < 210; ++number) count += forks(source(number));
    EXPECT_EQ(count, 300);
    EXPECT_EQ(last_, Verdict::later);
    now_ += seconds{1};
    count = 0;
    for (int number = 10; number < 210; ++number) count += forks(source(number));
    EXPECT_EQ(count, 200);
}

TEST_F(ASourceLimit, OfStrangersDoesNotConcernASourceThatHasLoggedIn) {
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::yes);
    limits_.logged_in(ann_, now_);
    EXPECT_EQ(forks(source(10)), 300) << "the login gave the token of the strangers back";
    EXPECT_EQ(limits_.may_fork(bob_, now_), Verdict::later);
    now_ += hours{1} - milliseconds{1};
    for (int number = 10; number < 13; ++number) forks(source(number));
    EXPECT_EQ(limits_.may_fork(bob_, now_), Verdict::later);
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::yes);
    now_ += milliseconds{1};
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::later) << "an hour after the login";
}

TEST_F(ASourceLimit, ShutsASourceOutFromThe301stFailureInAMinuteOn) {
    make_known(ann_);
    EXPECT_EQ(failures(ann_), 300);
    EXPECT_FALSE(limits_.is_shut_out(ann_, now_)) << "no token, but no penalty";
    now_ += milliseconds{50};
    EXPECT_EQ(failures(ann_), 1);
    EXPECT_TRUE(limits_.is_shut_out(ann_, now_));
    EXPECT_FALSE(limits_.is_shut_out(bob_, now_));
    now_ += milliseconds{4999};
    EXPECT_EQ(limits_.may_fork(ann_, now_), Verdict::no);
    now_ += milliseconds{1};
    EXPECT_FALSE(limits_.is_shut_out(ann_, now_));
    EXPECT_EQ(failures(ann_), 1) << "the next failure in that minute is punished again";
}

TEST_F(ASourceLimit, AllowsTheSameNumberOfFailuresInTheNextMinute) {
    make_known(ann_);
    EXPECT_EQ(failures(ann_), 300);
    now_ += minutes{1};
    EXPECT_EQ(failures(ann_), 300);
    EXPECT_FALSE(limits_.is_shut_out(ann_, now_));
}

TEST_F(ASourceLimit, AddsPenaltiesUpToTenMinutes) {
    make_known(ann_);
    EXPECT_EQ(forks(ann_), 300);
    for (int end = 0; end < 1000; ++end) limits_.failed(ann_, now_);
    EXPECT_TRUE(limits_.is_shut_out(ann_, now_ + minutes{10} - milliseconds{1}));
    EXPECT_FALSE(limits_.is_shut_out(ann_, now_ + minutes{10}));
}

TEST(SourceLimits, RememberABoundedNumberOfStrangersAndNoneDrivesOutAKnownSource) {
    SourceLimits limits{
        {.strangers = {.interval = std::chrono::microseconds{1}, .burst = 1'000'000},
         .max_sources = 100}};
    base::TimePoint now{hours{1}};
    limits.remember(source(1), now);
    while (limits.may_fork(source(1), now) == Verdict::yes) {
    }
    const auto use_up = [&](int number) {
        int count = 0;
        while (limits.may_fork(source(number), now) == Verdict::yes) ++count;
        return count;
    };
    for (int number = 1000; number < 1100; ++number) EXPECT_EQ(use_up(number), 300);
    EXPECT_EQ(use_up(1000), 0) << "the most recently used one now";
    EXPECT_EQ(use_up(2000), 300);
    EXPECT_EQ(use_up(1000), 0);
    EXPECT_EQ(use_up(1001), 300) << "it was forgotten for 2000";
    EXPECT_EQ(use_up(1), 0) << "it was remembered";
}

TEST(SourceLimits, IgnoreTheEndOfAProcessWhoseSourceTheyHaveForgotten) {
    SourceLimits limits{{.max_sources = 1}};
    const base::TimePoint now{hours{1}};
    EXPECT_EQ(limits.may_fork(source(1), now), Verdict::yes);
    EXPECT_EQ(limits.may_fork(source(2), now), Verdict::yes);
    limits.gave_up(source(1));
    limits.failed(source(1), now);
    limits.logged_in(source(2), now);
    EXPECT_EQ(limits.may_fork(source(1), now), Verdict::yes);
}

}  // namespace
}  // namespace belfry::admission
