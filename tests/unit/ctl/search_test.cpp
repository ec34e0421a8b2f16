#include "ctl/search.hpp"

#include <gtest/gtest.h>

namespace belfry::ctl {
namespace {

using namespace std::string_view_literals;

TEST(Search, FindsAPlainSubstring) {
    EXPECT_TRUE(contains("one two three", "two"));
    EXPECT_TRUE(contains("one", "one"));
    EXPECT_TRUE(contains("one two", "two"));
    EXPECT_FALSE(contains("one two", "twos"));
    EXPECT_FALSE(contains("", "a"));
    EXPECT_TRUE(contains("aab", "ab"));
}

TEST(Search, NoCharacterHasASpecialMeaning) {
    EXPECT_FALSE(contains("abc", "a%"));
    EXPECT_FALSE(contains("abc", "a_c"));
    EXPECT_FALSE(contains("abc", "*"));
    EXPECT_TRUE(contains("100%_", "%_"));
    EXPECT_TRUE(contains("a\0b"sv, "\0b"sv));
}

TEST(Search, IgnoresTheCaseOfAsciiLettersOnly) {
    EXPECT_TRUE(contains("Hello World", "hELLO wORLD"));
    EXPECT_FALSE(contains("[", "{")) << "these two differ in the same bit as 'a' and 'A'";
    EXPECT_TRUE(contains("gr\xc3\xbcn", "GR\xc3\xbcN"));
    EXPECT_FALSE(contains("gr\xc3\xbcn", "GR\xc3\x9cN"));
}

}  // namespace
}  // namespace belfry::ctl
