#include "admission/waiting_room.hpp"

#include "tests/support/failure.hpp"
#include "tests/unit/admission/fake_peer.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

#include <string>

namespace belfry::admission {
namespace {

using std::chrono::seconds;

class AWaitingRoom : public ::testing::Test {
  protected:
    /// Adds a connection, a second after the one before.
    /// @return its descriptor
    int add(const std::string& address) {
        base::UniqueFd socket{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        if (!socket) throw test::system_failure("open");
        const int fd = socket.get();
        now_ += seconds{1};
        const auto gone = room_.add({std::move(socket), test::peer(address), now_});
        gone_ = gone ? gone->socket.get() : -1;
        return fd;
    }

    base::TimePoint now_{std::chrono::hours{1}};
    WaitingRoom room_{{.total = 8, .per_source = 4, .timeout = seconds{100}}};
    int gone_ = -1;  ///< the connection that went for the one that was added last
};

TEST_F(AWaitingRoom, HoldsConnectionsUntilTheyAreTaken) {
    const int one = add("192.0.2.1");
    const int two = add("192.0.2.1");
    EXPECT_EQ(room_.size(), 2U);
    const Waiting taken = room_.take(one);
    EXPECT_EQ(taken.socket.get(), one);
    EXPECT_EQ(taken.peer, test::peer("192.0.2.1"));
    EXPECT_EQ(taken.since, now_ - seconds{1});
    EXPECT_FALSE(room_.contains(one));
    EXPECT_TRUE(room_.contains(two));
}

TEST_F(AWaitingRoom, ClosesWhatItHoldsWhenItIsDestroyed) {
    int fd = -1;
    {
        WaitingRoom room{{.total = 8, .per_source = 4, .timeout = seconds{100}}};
        base::UniqueFd socket{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        fd = socket.get();
        EXPECT_FALSE(room.add({std::move(socket), test::peer("192.0.2.1"), now_}));
    }
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
}

TEST_F(AWaitingRoom, GivesEachSourceItsShareAndLetsItsOldestGo) {
    const int other = add("192.0.2.2");
    const int oldest = add("192.0.2.1");
    for (int more = 0; more < 3; ++more) add("192.0.2.1");
    EXPECT_EQ(gone_, -1);
    const int newest = add("192.0.2.1");
    EXPECT_EQ(gone_, oldest);
    EXPECT_TRUE(room_.contains(newest));
    EXPECT_TRUE(room_.contains(other));
    EXPECT_EQ(room_.size(), 5U);
}

TEST_F(AWaitingRoom, CountsTheAddressesOfAnIpv6NetworkAsOneSource) {
    const int oldest = add("2001:db8:1:2::1");
    for (const char* address : {"2001:db8:1:2::2", "2001:db8:1:2::3", "2001:db8:1:2::4"}) {
        add(address);
    }
    add("2001:db8:1:2::5");
    EXPECT_EQ(gone_, oldest);
}

TEST_F(AWaitingRoom, LetsTheOldestOfTheLargestSourceGoWhenItIsFull) {
    add("192.0.2.1");
    const int first_of_two = add("192.0.2.2");
    add("192.0.2.1");
    for (int more = 0; more < 2; ++more) add("192.0.2.2");
    for (const char* address : {"192.0.2.3", "192.0.2.4", "192.0.2.5"}) add(address);
    EXPECT_EQ(room_.size(), 8U);
    EXPECT_EQ(gone_, -1);
    add("192.0.2.6");
    EXPECT_EQ(gone_, first_of_two);
    EXPECT_EQ(room_.size(), 8U);
}

TEST_F(AWaitingRoom, LetsTheOldestOfAllGoIfNoSourceIsLarger) {
    const int oldest = add("192.0.2.1");
    for (int number = 2; number <= 8; ++number) add("192.0.2." + std::to_string(number));
    const int next = add("192.0.2.9");
    EXPECT_EQ(gone_, oldest);
    for (int number = 10; number <= 17; ++number) add("192.0.2." + std::to_string(number));
    EXPECT_EQ(gone_, next);
}

TEST_F(AWaitingRoom, ForgetsASourceWhoseConnectionsHaveGone) {
    for (int round = 0; round < 20; ++round) {
        const int fd = add("192.0.2.1");
        EXPECT_EQ(gone_, -1);
        static_cast<void>(room_.take(fd));
    }
    EXPECT_EQ(room_.size(), 0U);
}

TEST_F(AWaitingRoom, GivesOutConnectionsWhoseTimeHasPassedOldestFirst) {
    EXPECT_FALSE(room_.next_expiry());
    const int one = add("192.0.2.1");
    const int two = add("192.0.2.2");
    EXPECT_EQ(room_.next_expiry(), now_ - seconds{1} + seconds{100});
    EXPECT_FALSE(room_.take_expired(now_ + seconds{99} - std::chrono::nanoseconds{1}));
    now_ += seconds{100};
    EXPECT_EQ(room_.take_expired(now_ - seconds{1})->socket.get(), one);
    EXPECT_FALSE(room_.take_expired(now_ - seconds{1}));
    EXPECT_EQ(room_.take_expired(now_)->socket.get(), two);
    EXPECT_FALSE(room_.next_expiry());
}

}  // namespace
}  // namespace belfry::admission
