#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace belfry::base {
namespace {

TEST(Base64, FollowsRfc4648) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, AnyBytesAreReadBackUnchanged) {
    std::string bytes;
    for (int length = 0; length < 600; ++length) {
        EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
        bytes += static_cast<char>(length * 7);
    }
}

TEST(Base64, InvalidTextIsRefused) {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zh==", "Zm9=", "Zm8=Zm8=",
                             "Zm9v\n", "Zm 9", "Zm-_", "=Zm8"}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

}  // namespace
}  // namespace belfry::base
