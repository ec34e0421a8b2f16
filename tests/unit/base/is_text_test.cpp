#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace belfry::test {
namespace {

using namespace std::string_view_literals;

TEST(Text, AnEmptyStringIsText) {
    EXPECT_TRUE(base::is_text(""));
    EXPECT_TRUE(base::is_text({}));
}

TEST(Text, AsciiIsText) {
    EXPECT_TRUE(base::is_text("hello\r\n\t\x01\x7f"));
}

TEST(Text, Utf8IsText) {
    EXPECT_TRUE(base::is_text("gr\u00fc\u00dfe \u20ac \U0001f514"));
    EXPECT_TRUE(base::is_text("\xf4\x8f\xbf\xbf"));  // U+10FFFF
}

TEST(Text, AStringWithANulIsNotText) {
    EXPECT_FALSE(base::is_text("a\0b"sv));
    EXPECT_FALSE(base::is_text("\0"sv));
    EXPECT_FALSE(base::is_text("\u00fc\0"sv));
}

TEST(Text, InvalidUtf8IsNotText) {
    EXPECT_FALSE(base::is_text("\xff"));
    EXPECT_FALSE(base::is_text("\x80"));              // a continuation byte without a first byte
    EXPECT_FALSE(base::is_text("abc\xc3"));           // cut off
    EXPECT_FALSE(base::is_text("\xe2\x82 "));         // cut off in the middle
    EXPECT_FALSE(base::is_text("\xc0\x80"));          // an overlong NUL
    EXPECT_FALSE(base::is_text("\xe0\x9f\xbf"));      // overlong
    EXPECT_FALSE(base::is_text("\xed\xa0\x80"));      // a surrogate
    EXPECT_FALSE(base::is_text("\xf4\x90\x80\x80"));  // above U+10FFFF
}

TEST(Text, ABadByteIsFoundAtAnyPosition) {
    for (std::size_t at = 0; at < 100; ++at) {
        std::string bytes(100, 'x');
        bytes[at] = '\xfe';
        EXPECT_FALSE(base::is_text(bytes)) << at;
        bytes[at] = '\0';
        EXPECT_FALSE(base::is_text(bytes)) << at;
    }
}

}  // namespace
}  // namespace belfry::test
