#include "base/utf8.hpp"

#include <boost/locale/encoding_utf.hpp>
#include <gtest/gtest.h>

#include <string>

namespace belfry::test {
namespace {

using namespace std::string_literals;

std::string utf8(char32_t character) {
    return boost::locale::conv::utf_to_utf<char>(&character, &character + 1);
}

std::string safe(std::string_view text) {
    std::string out;
    base::append_sanitized(out, text);
    return out;
}

TEST(SafeText, HasNoControlCharactersButTabAndNewline) {
    EXPECT_EQ(safe("a\tb\nc"), "a\tb\nc");
    EXPECT_EQ(safe("\x1b[2J\r\x07\x7f\0"s), "?[2J????");
    EXPECT_EQ(safe("\xc2\x9b"), "?") << "a control character of ISO 6429";
}

TEST(SafeText, HasNoInvalidUtf8) {
    EXPECT_EQ(safe("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94"), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94");
    EXPECT_EQ(safe("\xff\xc3\x1b"), "???");
}

TEST(SafeText, HasNoBidirectionalControls) {
    for (char32_t c = 0x202a; c <= 0x202e; ++c)
        EXPECT_EQ(safe(utf8(c)), "?") << testing::PrintToString(c);
    for (char32_t c = 0x2066; c <= 0x2069; ++c)
        EXPECT_EQ(safe(utf8(c)), "?") << testing::PrintToString(c);
    for (const char32_t c : std::u32string{0x200e, 0x200f, 0x061c})
        EXPECT_EQ(safe(utf8(c)), "?") << testing::PrintToString(c);
}

TEST(SafeText, HasNoOtherInvisibleCharacters) {
    for (const char32_t c :
         std::u32string{0xad,   0x34f,  0x115f,  0x180e,  0x200b,  0x2028,  0x2029,
                        0x2060, 0x2064, 0x206a,  0x206f,  0x3164,  0xfeff,  0xffa0,
                        0xfff9, 0xfffb, 0x1d173, 0xe0001, 0xe0020, 0xe007f, 0xe0fff}) {
        EXPECT_EQ(safe("a" + utf8(c) + "b"), "a?b") << testing::PrintToString(c);
    }
}

TEST(SafeText, KeepsTheJoinersAndVariationSelectorsThatWritingNeeds) {
    const std::string persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645";
    const std::string family = "\U0001f468\u200d\U0001f469\u200d\U0001f467";
    const std::string heart = "\u2764\ufe0f";
    const std::string accent = "e\u0301";
    const std::string hebrew = "\u05e9\u05dc\u05d5\u05dd";
    for (const std::string& text : {persian, family, heart, accent, hebrew}) {
        EXPECT_EQ(safe(text), text);
    }
}

TEST(Utf8, ValidUtf8IsRecognised) {
    EXPECT_TRUE(base::is_utf8(""));
    EXPECT_TRUE(base::is_utf8("gr\xc3\xbc\xc3\x9f\0"s));
    EXPECT_FALSE(base::is_utf8("\xc3"));
    EXPECT_FALSE(base::is_utf8("\xed\xa0\x80")) << "a surrogate";
}

}  // namespace
}  // namespace belfry::test
