#include "base/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

#include <cstring>

namespace belfry::base {
namespace {

Endpoint ipv4(const char* address, std::uint16_t port) {
    sockaddr_storage storage{};
    auto& in = reinterpret_cast<sockaddr_in&>(storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, address, &in.sin_addr), 1);
    return endpoint_in(storage);
}

Endpoint ipv6(const char* address, std::uint16_t port) {
    sockaddr_storage storage{};
    auto& in = reinterpret_cast<sockaddr_in6&>(storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET6, address, &in.sin6_addr), 1);
    return endpoint_in(storage);
}

TEST(Endpoint, OfBothFamiliesIsPrintedWithItsPort) {
    EXPECT_EQ(to_string(ipv4("192.0.2.7", 5000)), "192.0.2.7:5000");
    EXPECT_EQ(to_string(ipv6("2001:db8::7", 80)), "[2001:db8::7]:80");
    EXPECT_EQ(address_text(ipv6("2001:db8::7", 80)), "2001:db8::7");
}

TEST(Endpoint, WithoutAPortIsPrintedAsItsAddress) {
    EXPECT_EQ(to_string(ipv4("192.0.2.7", 0)), "192.0.2.7");
    EXPECT_EQ(to_string(ipv6("2001:db8::7", 0)), "2001:db8::7");
}

TEST(Endpoint, OfAnotherFamilyIsUnknown) {
    sockaddr_storage storage{};
    storage.ss_family = AF_UNIX;
    EXPECT_FALSE(endpoint_in(storage).is_known());
    EXPECT_EQ(to_string(endpoint_in(storage)), "?");
}

TEST(Endpoint, IsLoopbackInTheWholeNetwork127AndAtOneOfIpv6) {
    EXPECT_TRUE(ipv4("127.0.0.1", 1).is_loopback());
    EXPECT_TRUE(ipv4("127.9.8.7", 1).is_loopback());
    EXPECT_TRUE(ipv6("::1", 1).is_loopback());
    EXPECT_TRUE(ipv6("::ffff:127.0.0.1", 1).is_loopback());
    EXPECT_FALSE(ipv4("128.0.0.1", 1).is_loopback());
    EXPECT_FALSE(ipv6("::2", 1).is_loopback());
    EXPECT_FALSE(Endpoint{}.is_loopback());
}

}  // namespace
}  // namespace belfry::base
