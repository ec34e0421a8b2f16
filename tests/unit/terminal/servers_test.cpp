#include "terminal/servers.hpp"

#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace belfry::terminal {
namespace {

using Servers = std::vector<ServerAddress>;

TEST(Servers, AreSeparatedByCommasAndMayNameTheirPorts) {
    EXPECT_EQ(read_servers("a", "5000"), (Servers{{"a", "5000"}}));
    EXPECT_EQ(read_servers("a,192.0.2.7:07,c.example:65535", "5000"),
              (Servers{{"a", "5000"}, {"192.0.2.7", "7"}, {"c.example", "65535"}}));
}

TEST(Servers, AnIpv6AddressWithAPortStandsInBrackets) {
    EXPECT_EQ(
        read_servers("::1,[::1],[2001:db8::7]:5001,fe80::1%eth0", "5000"),
        (Servers{
            {"::1", "5000"}, {"::1", "5000"}, {"2001:db8::7", "5001"}, {"fe80::1%eth0", "5000"}}));
}

TEST(Servers, AMistakeIsNamed) {
    for (const std::string text : {"", "a:", ":5", "a:x", "a:0", "a:65536", "[::1", "[]", "[::1]5",
                                   "[::1]:", "[::1]:x", "[::1]:5:6"}) {
        EXPECT_THROW(static_cast<void>(read_servers("good," + text, "5000")), cli::UsageError)
            << text;
    }
    try {
        static_cast<void>(read_servers("good,a:x", "5000"));
    } catch (const cli::UsageError& error) {
        EXPECT_EQ(std::string_view{error.what()},
                  "'a:x' is not a server: NAME, ADDRESS, NAME:PORT or [IPV6]:PORT");
        EXPECT_EQ(error.option(), "server-ip");
    }
}

}  // namespace
}  // namespace belfry::terminal
