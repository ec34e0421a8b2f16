#include "admission/source.hpp"

#include "tests/unit/admission/fake_peer.hpp"

#include <gtest/gtest.h>

namespace belfry::admission {
namespace {

Source source(const std::string& address) {
    return Source{test::peer(address)};
}

TEST(Source, IsOneIpv4Address) {
    EXPECT_EQ(source("192.0.2.7"), source("192.0.2.7"));
    EXPECT_NE(source("192.0.2.7"), source("192.0.2.8"));
    EXPECT_NE(source("192.0.2.7"), source("193.0.2.7"));
    EXPECT_NE(source("127.0.0.1"), source("127.0.0.2"));
}

TEST(Source, IsTheFirstHalfOfAnIpv6Address) {
    EXPECT_EQ(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
    EXPECT_NE(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
}

TEST(Source, DoesNotDependOnThePort) {
    base::Endpoint one = test::peer("192.0.2.7");
    base::Endpoint two = one;
    one.port = 1;
    two.port = 2;
    EXPECT_EQ(Source{one}, Source{two});
}

TEST(Source, OfAMappedAddressIsThatOfIpv4) {
    EXPECT_EQ(source("::ffff:192.0.2.7"), source("192.0.2.7"));
    EXPECT_NE(source("::1"), source("127.0.0.1"));
}

TEST(Source, IsHashedWithASecret) {
    const Source::Hash one;
    const Source::Hash two;
    EXPECT_EQ(one(source("192.0.2.7")), one(source("192.0.2.7")));
    EXPECT_NE(one(source("192.0.2.7")), two(source("192.0.2.7")));
}

}  // namespace
}  // namespace belfry::admission
