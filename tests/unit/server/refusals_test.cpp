#include "server/refusals.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/failure.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

/// Tests of connections that cannot be served: the supervisor keeps them until their clients have
/// read the reason.
namespace belfry::test {
namespace {

/// A refused connection, with the client's end of it.
class Refused : public ::testing::Test {
  protected:
    Refused() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == -1) {
            throw system_failure("socketpair");
        }
        client_ = base::UniqueFd{ends[0]};
        watched_ = base::UniqueFd{::dup(ends[1])};
        refusals_.refuse(base::UniqueFd{ends[1]}, "no room");
    }

    /// Sends as much as the socket takes.
    void flood() const {
        const std::string waste(4096, 'x');
        while (::send(client_.get(), waste.data(), waste.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        }
    }

    /// Returns how many bytes from the client the server has not read yet.
    [[nodiscard]] int unread_bytes() const {
        int count = 0;
        if (::ioctl(watched_.get(), FIONREAD, &count) == -1) throw system_failure("FIONREAD");
        return count;
    }

    server::Refusals refusals_;
    base::UniqueFd client_;
    base::UniqueFd watched_;  ///< a duplicate of the server's end
};

TEST_F(Refused, AClientThatSendsFastCannotKeepTheSupervisorBusyReading) {
    flood();
    const int sent = unread_bytes();
    ASSERT_GT(sent, 100'000);
    refusals_.sweep();
    EXPECT_LT(unread_bytes(), sent) << "nothing was read";
    EXPECT_GT(unread_bytes(), sent / 2) << "the server reads until nothing is left";
    EXPECT_FALSE(refusals_.empty());
}

TEST_F(Refused, AClientThatHasClosedIsForgottenEvenIfItSentMuch) {
    flood();
    client_.reset();
    EXPECT_TRUE(eventually([&] {
        refusals_.sweep();
        return refusals_.empty();
    }));
}

}  // namespace
}  // namespace belfry::test
