#include "tests/support/belfryctl.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

/// `belfryctl kick` ends the session of a client.
namespace belfry::test {
namespace {

TEST(Kick, EndsTheSessionOfOneClientWhichMayLogInAgain) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2");
    const pid_t process = server.child_of("1");
    const Result result = server.belfryctl({"kick", "1"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, "ended the session of client 1\n");
    EXPECT_FALSE(process_info(process));
    EXPECT_FALSE(server.client_status("1").at("online"));
    one.expect("BYE shutting-down");
    one.expect_closed();
    two.expect_pong();
    server.log_in("1").expect_pong();
}

TEST(Kick, EndsASessionWhoseProcessIsStopped) {
    const Server server;
    RawClient one = server.log_in("1");
    ASSERT_EQ(::kill(server.child_of("1"), SIGSTOP), 0);
    EXPECT_EQ(server.belfryctl({"kick", "1"}).status, 0);
    one.expect_closed();
}

TEST(Kick, EndsASessionThatHasOutlivedItsSupervisor) {
    Server server;
    RawClient one = server.log_in("1");
    server.kill_supervisor();
    EXPECT_EQ(server.belfryctl({"kick", "1"}).status, 0);
    one.expect("BYE shutting-down");
}

TEST(Kick, FailsIfTheClientIsNotOnlineOrUnknownOrThereIsNoServer) {
    Server server;
    expect_one_line(server.belfryctl({"kick", "1"}), 1, "client 1 is not online");
    expect_one_line(server.belfryctl({"kick", "nobody"}), 1,
                    "the server does not know client nobody");
    EXPECT_EQ(server.stop(), 0);
    expect_one_line(server.belfryctl({"kick", "1"}), 1, "no server segment in");
    EXPECT_EQ(server.belfryctl({"kick"}).status, 2);
}

}  // namespace
}  // namespace belfry::test
