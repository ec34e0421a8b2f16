#include "tests/support/proc.hpp"
#include "tests/support/server.hpp"

#include <signal.h>

#include <gtest/gtest.h>

#include <string>

/// ONLINE and OFFLINE, which a client gets with presence=on.
namespace belfry::test {
namespace {

TEST(Presence, ReportsClientsThatComeAndGo) {
    const Server server;
    RawClient watcher = server.log_in("1", "presence=on");
    RawClient other = server.log_in("2");
    watcher.expect("ONLINE 2");
    other.quit();
    watcher.expect("OFFLINE 2");
    RawClient again = server.log_in("2");
    watcher.expect("ONLINE 2");
    RawClient third = server.log_in("3", "presence=on");
    watcher.expect("ONLINE 3");
    again.reset();
    watcher.expect("OFFLINE 2");
    third.expect("OFFLINE 2");
}

TEST(Presence, ReportsOnlyOtherClientsAndOnlyAfterTheOwnLogin) {
    const Server server;
    RawClient before = server.log_in("2");
    RawClient watcher = server.log_in("1", "presence=on");
    RawClient third = server.log_in("3");
    // Client 2 was online before, and client 1 is not told of itself. So the first line is for
    // client 3.
    watcher.expect("ONLINE 3");
    before.quit();
    watcher.expect("OFFLINE 2");
}

TEST(Presence, IsOffUnlessRequested) {
    const Server server;
    RawClient one = server.log_in("1");
    RawClient two = server.log_in("2", "presence=off");
    server.log_in("3").quit();
    RawClient three = server.log_in("3");
    three.send("SAY here I am\r\n");
    one.expect_message(1, "3", "here I am");
    two.expect_message(1, "3", "here I am");
}

TEST(Presence, ReportsTheEndOfAKilledSession) {
    const Server server;
    RawClient watcher = server.log_in("1", "presence=on");
    RawClient victim = server.log_in("2");
    watcher.expect("ONLINE 2");
    ::kill(server.child_of("2"), SIGKILL);
    watcher.expect("OFFLINE 2");
}

}  // namespace
}  // namespace belfry::test
