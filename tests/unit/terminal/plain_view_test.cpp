#include "terminal/plain_view.hpp"

#include <gtest/gtest.h>

namespace belfry::terminal {
namespace {

using namespace std::string_literals;

Message message(std::string_view payload) {
    return {.id = 7, .sender = "bob", .time = 1700000000123, .payload = std::string{payload}};
}

std::string text(std::string_view payload, bool for_terminal) {
    std::string out;
    Painter plain;
    append_text(out, message(payload), for_terminal, plain);
    return out;
}

TEST(ClientFormat, TextIsTheSenderAndTheUnchangedBytes) {
    EXPECT_EQ(text("hello", false), "bob: hello\n");
    EXPECT_EQ(text("", false), "bob: \n");
    EXPECT_EQ(text("a\0\x1b[2J\r\xff\n"s, false), "bob: a\0\x1b[2J\r\xff\n\n"s);
}

TEST(ClientFormat, ATerminalGetsNoControlCharactersButTabAndNewline) {
    EXPECT_EQ(text("a\tb", true), "bob: a\tb\n");
    EXPECT_EQ(text("\x1b[2J\r\x07\x7f\0"s, true), "bob: ?[2J????\n");
    EXPECT_EQ(text("\xc2\x9b"
                   "2J\xc2\x80",
                   true),
              "bob: ?2J?\n")
        << "control characters of ISO 6429 in UTF-8";
    EXPECT_EQ(text("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94", true),
              "bob: gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94\n");
}

TEST(ClientFormat, OnATerminalTheLaterLinesOfAMessageAreIndented) {
    EXPECT_EQ(text("x\nann: pay eve", true), "bob: x\n      | ann: pay eve\n");
    EXPECT_EQ(text("x\r\nann: pay eve", true), "bob: x?\n      | ann: pay eve\n");
    EXPECT_EQ(text("x\n", true), "bob: x\n      | \n");
    EXPECT_EQ(text("x\nann: pay eve", false), "bob: x\nann: pay eve\n");
}

TEST(ClientFormat, ATerminalGetsNoCharacterThatReversesOrHidesText) {
    EXPECT_EQ(text("\u202eeve yap\u2066\u200b", true), "bob: ?eve yap??\n");
    EXPECT_EQ(text("\u202eeve yap", false), "bob: \u202eeve yap\n");
}

TEST(ClientFormat, ATerminalGetsNoInvalidUtf8) {
    EXPECT_EQ(text("a\x9b"
                   "b",
                   true),
              "bob: a?b\n");
    EXPECT_EQ(text("\xc3\x1b[m", true), "bob: ??[m\n")
        << "an escape character after an incomplete character";
    EXPECT_EQ(text("\xe2\x82", true), "bob: ??\n");
    EXPECT_EQ(text("\xc0\x9b", true), "bob: ??\n") << "an overlong encoding";
}

}  // namespace
}  // namespace belfry::terminal
