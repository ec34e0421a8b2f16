#include "wire/utf8.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

using namespace std::string_literals;

std::string safe(std::string_view text) {
    std::string out;
    wire::append_safely(out, text);
    return out;
}

TEST(SafeText, HasNoControlCharactersButTabAndNewline) {
    EXPECT_EQ(safe("a\tb\nc"), "a\tb\nc");
    EXPECT_EQ(safe("\x1b[2J\r\x07\x7f\0"s), "?[2J????");
    EXPECT_EQ(safe("\xc2\x9b"), "?") << "a control character of ISO 6429";
}

TEST(SafeText, HasNoBytesThatAreNotUtf8) {
    EXPECT_EQ(safe("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94"), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94");
    EXPECT_EQ(safe("\xff\xc3\x1b"), "???");
}

TEST(Utf8, IsKnownFromOtherBytes) {
    EXPECT_TRUE(wire::is_utf8(""));
    EXPECT_TRUE(wire::is_utf8("gr\xc3\xbc\xc3\x9f\0"s));
    EXPECT_FALSE(wire::is_utf8("\xc3"));
    EXPECT_FALSE(wire::is_utf8("\xed\xa0\x80")) << "a surrogate";
}

}  // namespace
}  // namespace belfry::test
