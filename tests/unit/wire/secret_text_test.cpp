#include "wire/secret_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace belfry::wire {
namespace {

std::string decoded(const std::string& text) {
    std::array<char, max_secret> secret{};
    return {secret.data(), decode_secret(text, secret)};
}

std::string encoded(const std::string& secret) {
    std::string text;
    encode_secret(text, secret);
    return text;
}

TEST(SecretText, IsPercentEncoded) {
    EXPECT_EQ(decoded("open%20sesame"), "open sesame");
    EXPECT_EQ(decoded("%61%2D%2d%25%0a%0D"), "a--%\n\r");
    EXPECT_EQ(decoded("a+b=c"), "a+b=c");
    EXPECT_EQ(decoded("\xc3\xa9%C3%a9"), "\xc3\xa9\xc3\xa9");
    EXPECT_EQ(encoded("A-z_0.9~"), "A-z_0.9~");
    EXPECT_EQ(encoded("a b%\xc3\xa9\n=&"), "a%20b%25%C3%A9%0A%3D%26");
}

TEST(SecretText, EverySecretIsTheSameWhenItIsEncodedAndDecoded) {
    std::string secret;
    for (int byte = 1; byte < 256; ++byte) secret += static_cast<char>(byte);
    secret += 'x';
    EXPECT_TRUE(is_secret_text(encoded(secret)));
    EXPECT_EQ(decoded(encoded(secret)), secret);
}

TEST(SecretText, StandsFor1To256BytesWithoutNul) {
    EXPECT_FALSE(is_secret_text(""));
    EXPECT_TRUE(is_secret_text("x"));
    EXPECT_TRUE(is_secret_text(std::string(256, 'x')));
    EXPECT_FALSE(is_secret_text(std::string(257, 'x')));
    EXPECT_TRUE(is_secret_text(std::string(255, 'x') + "%20"));
    EXPECT_FALSE(is_secret_text(std::string(256, 'x') + "%20"));
    EXPECT_FALSE(is_secret_text("%00"));
    EXPECT_FALSE(is_secret_text("abc%00"));
    EXPECT_FALSE(is_secret_text(std::string{"a\0b", 3}));
}

TEST(SecretText, HasTwoDigitsBehindEveryPercentSign) {
    for (const char* text :
         {"%", "a%", "a%4", "%4", "%%", "%4%41", "%4g", "%g4", "%-1", "% 1", "%+1", "a%2"}) {
        EXPECT_FALSE(is_secret_text(text)) << text;
    }
}

}  // namespace
}  // namespace belfry::wire
