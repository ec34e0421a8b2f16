#include "base/web_origin.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

std::string origin(std::string_view text) {
    return base::web_origin(text).value_or("none");
}

TEST(WebOrigin, IsASchemeAHostAndPerhapsAPort) {
    for (const char* text : {"https://chat.example.org", "http://localhost:8080",
                             "https://192.0.2.7:8443", "https://[2001:db8::7]:8443"}) {
        EXPECT_EQ(origin(text), text);
    }
}

TEST(WebOrigin, IsWrittenAsBrowsersWriteIt) {
    EXPECT_EQ(origin("HTTPS://Chat.Example.org/"), "https://chat.example.org");
    EXPECT_EQ(origin("https://chat.example.org:443"), "https://chat.example.org");
    EXPECT_EQ(origin("http://chat.example.org:80/"), "http://chat.example.org");
    EXPECT_EQ(origin("http://chat.example.org:443"), "http://chat.example.org:443");
    EXPECT_EQ(origin("https://[2001:DB8:0:0::7]:443"), "https://[2001:db8::7]");
    EXPECT_EQ(origin("http://localhost:08080"), "http://localhost:8080");
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
                             "https://[fe80::1%eth0]"}) {
        EXPECT_EQ(origin(text), "none") << text;
    }
    EXPECT_EQ(origin("https://" + std::string(254, 'a')), "none");
}

}  // namespace
}  // namespace belfry::test
