#include "base/web_origin.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

std::string text_of(const std::optional<base::WebOrigin>& origin) {
    if (!origin) return "none";
    const bool is_secure = origin->scheme == base::WebScheme::https;
    return (is_secure ? "https " : "http ") + origin->host + " " + std::to_string(origin->port);
}

std::string origin(std::string_view url) {
    return text_of(base::parse_origin(url));
}

TEST(WebOrigin, IsASchemeAHostAndPerhapsAPort) {
    EXPECT_EQ(origin("https://chat.example.org"), "https chat.example.org 443");
    EXPECT_EQ(origin("http://localhost:8080"), "http localhost 8080");
    EXPECT_EQ(origin("http://my_host"), "http my_host 80");
    EXPECT_EQ(origin("https://192.0.2.7:8443"), "https 192.0.2.7 8443");
    EXPECT_EQ(origin("https://[2001:db8::7]:8443"), "https 2001:db8::7 8443");
    EXPECT_EQ(origin("https://[2001:DB8:0:0::7]"), "https 2001:db8::7 443");
    EXPECT_EQ(origin("https://Chat.Example.org/"), "https chat.example.org 443");
}

TEST(WebOrigin, IsNothingElse) {
    for (const char* text : {"",
                             "*",
                             "null",
                             "chat.example.org",
                             "//chat.example.org",
                             "ftp://chat.example.org",
                             "wss://chat.example.org",
                             "https://",
                             "https:///",
                             "http:/chat.example.org",
                             "https://chat.example.org/belfry",
                             "https://chat.example.org//",
                             "https://chat.example.org?x",
                             "https://chat.example.org#x",
                             "https://ann@example.org",
                             "https://ann:b@example.org",
                             "https://*.example.org",
                             "https://chat example.org",
                             " https://chat.example.org",
                             "https://chat.example.org ",
                             "https://b\xc3\xbc.example",
                             "https://.example.org",
                             "https://chat.example.org:",
                             "https://chat.example.org:0",
                             "https://chat.example.org:65536",
                             "https://chat.example.org:-1",
                             "https://chat.example.org:8x",
                             "https://:8080",
                             "https://[::1",
                             "https://[::1]x",
                             "https://[]",
                             "https://[192.0.2.7]",
                             "https://::1",
                             "https://[fe80::1%eth0]",
                             "https://["}) {
        EXPECT_EQ(origin(text), "none") << text;
    }
    EXPECT_EQ(origin("https://" + std::string(254, 'a')), "none");
}

TEST(WebOrigin, OfARequestHasTheSchemeByWhichItCame) {
    EXPECT_EQ(text_of(base::parse_host("localhost", base::WebScheme::http)), "http localhost 80");
    EXPECT_EQ(text_of(base::parse_host("[::1]:8443", base::WebScheme::https)), "https ::1 8443");
    EXPECT_EQ(text_of(base::parse_host("", base::WebScheme::https)), "none");
    EXPECT_EQ(text_of(base::parse_host("http://a", base::WebScheme::https)), "none");
}

}  // namespace
}  // namespace belfry::test
