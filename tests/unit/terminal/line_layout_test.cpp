#include "terminal/line_layout.hpp"

#include <gtest/gtest.h>

#include <clocale>

namespace belfry::terminal {
namespace {

class ClientLineLayout : public ::testing::Test {
  protected:
    ClientLineLayout() { std::setlocale(LC_CTYPE, "C.UTF-8"); }

    // Returns the row of the cursor after a text that was drawn for `drawn` columns and is shown in
    // `now` columns.
    static std::size_t row(std::wstring_view text, std::size_t drawn, std::size_t now) {
        return LineLayout{drawn, text, text.size()}.cursor_row(now);
    }
};

TEST_F(ClientLineLayout, ALongLineContinuesInTheNextRow) {
    EXPECT_EQ(row(L"123456789", 10, 10), 0U);
    EXPECT_EQ(row(L"1234567890", 10, 10), 1U);  // the cursor is already in the next row
    EXPECT_EQ(row(L"12345678901234567890x", 10, 10), 2U);
    EXPECT_EQ((LineLayout{10, L"12345678901234567890x", 3}.cursor_row(10)), 0U);
    EXPECT_EQ((LineLayout{10, L"12345678901234567890x", 10}.cursor_row(10)), 1U);
}

TEST_F(ClientLineLayout, AWideCharacterTakesTwoColumnsAndIsNotSplit) {
    EXPECT_EQ(row(L"漢漢漢漢", 10, 10), 0U);
    EXPECT_EQ(row(L"漢漢漢漢漢", 10, 10), 1U);
    EXPECT_EQ(row(L"1漢漢漢漢漢", 10, 10), 1U);
    EXPECT_EQ((LineLayout{10, L"1漢漢漢漢漢", 5}.cursor_row(10)), 1U);
    EXPECT_EQ((LineLayout{10, L"1漢漢漢漢漢", 4}.cursor_row(10)), 0U);
    EXPECT_EQ(row(L"12345678e\u0301", 10, 10), 0U);
}

TEST_F(ClientLineLayout, AControlCharacterTakesMoreThanOneColumn) {
    EXPECT_EQ(row(L"\x01\x02\x03\x04", 10, 10), 0U);  // ^A^B^C^D
    EXPECT_EQ(row(L"\x01\x02\x03\x04\x05", 10, 10), 1U);
    EXPECT_EQ(row(L"1\t2", 10, 10), 0U);
    EXPECT_EQ(row(L"1\t23", 10, 10), 1U);
    EXPECT_EQ(row(L"a\nb", 10, 10), 1U);
}

TEST_F(ClientLineLayout, ALineIsWrappedAnewWhenTheTerminalIsResized) {
    const std::wstring_view text = L"123456789012345678901234";
    EXPECT_EQ(row(text, 10, 10), 2U);
    EXPECT_EQ(row(text, 10, 5), 4U);
    EXPECT_EQ(row(text, 10, 25), 0U);
    EXPECT_EQ(row(text, 25, 10), 2U);
}

TEST_F(ClientLineLayout, ARowThatEndsWithABlankIsNotJoinedToTheNextRow) {
    const std::wstring_view text = L"123456789 12345";
    EXPECT_TRUE((LineLayout{10, text, 0}.has_breaks()));
    EXPECT_FALSE((LineLayout{11, text, 0}.has_breaks()));
    EXPECT_EQ(row(text, 10, 40), 1U);
    EXPECT_EQ(row(text, 11, 40), 0U);
    EXPECT_EQ(row(text, 10, 5), 3U);
    // A blank at the end of the last row is not a break.
    EXPECT_FALSE((LineLayout{10, L"12345 ", 0}.has_breaks()));
}

TEST_F(ClientLineLayout, ATextIsCutToFitAWidth) {
    EXPECT_EQ(fitted("12345", 5), "12345");
    EXPECT_EQ(fitted("123456", 5), "1234…");
    EXPECT_EQ(fitted("漢漢漢", 5), "漢漢…");
    EXPECT_EQ(fitted("漢漢漢", 4), "漢…");
    EXPECT_EQ(columns_of("漢1…"), 4U);
}

}  // namespace
}  // namespace belfry::terminal
