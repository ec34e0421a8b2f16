#include "client/server_list.hpp"

#include <gtest/gtest.h>

namespace belfry::client {
namespace {

TEST(ServerList, TriesOneServerAfterTheOther) {
    ServerList servers{{{"a", "1"}, {"b", "2"}}};
    EXPECT_EQ(servers.current().host, "a");
    EXPECT_TRUE(servers.fail("down"));
    EXPECT_EQ(servers.current().host, "b");
    EXPECT_FALSE(servers.fail("full"));
    EXPECT_EQ(servers.current().host, "a");
    EXPECT_EQ(servers.failures(), "a port 1: down; b port 2: full");
}

TEST(ServerList, ARoundBeginsAfterASuccess) {
    ServerList servers{{{"a", "1"}, {"b", "2"}}};
    EXPECT_TRUE(servers.fail("down"));
    servers.succeed();
    EXPECT_TRUE(servers.fail("lost"));
    EXPECT_EQ(servers.current().host, "a");
    EXPECT_FALSE(servers.fail("down"));
    EXPECT_EQ(servers.failures(), "b port 2: lost; a port 1: down");
}

TEST(ServerList, OfASingleServerGivesTheReasonAlone) {
    ServerList servers{{{"a", "1"}}};
    EXPECT_FALSE(servers.fail("down"));
    EXPECT_FALSE(servers.fail("still down"));
    EXPECT_EQ(servers.failures(), "still down");
    EXPECT_EQ(servers.current().host, "a");
}

}  // namespace
}  // namespace belfry::client
