#include "client/server_url.hpp"

#include <gtest/gtest.h>

namespace belfry::client {
namespace {

TEST(ClientServerUrl, NamesATransportAHostAndAPort) {
    const auto plain = read_urls({"tcp://127.0.0.1:5000", "tcp://[::1]:5001"}, {});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->servers, (std::vector<ServerAddress>{{"127.0.0.1", "5000"}, {"::1", "5001"}}));
    EXPECT_FALSE(plain->tls);
    const auto encrypted = read_urls({"tls://a.example:5001"}, {.ca = "a.pem"});
    ASSERT_TRUE(encrypted);
    EXPECT_EQ(encrypted->servers, (std::vector<ServerAddress>{{"a.example", "5001"}}));
    EXPECT_EQ(encrypted->tls->ca, "a.pem");
}

TEST(ClientServerUrl, AMistakeIsABadOption) {
    for (const char* url : {"", "a:5000", "ws://a:5000", "tcp://a", "tcp://a:", "tcp://a:x",
                            "tcp://a:0", "tcp://a:65536", "tcp://:5000", "tcp://::1:5000",
                            "tcp://[]:5000", "tcp://[::1:5000", "tcp://a:5000/x"}) {
        const auto read = read_urls({"tcp://good:1", url}, {});
        ASSERT_FALSE(read) << url;
        EXPECT_EQ(read.error().code, "bad-option");
        EXPECT_NE(read.error().text.find(url), std::string::npos) << read.error().text;
    }
    EXPECT_FALSE(read_urls({}, {}));
    EXPECT_FALSE(read_urls({"tcp://a:1", "tls://a:1"}, {}));
}

}  // namespace
}  // namespace belfry::client
