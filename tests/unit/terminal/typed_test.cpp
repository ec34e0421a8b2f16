#include "terminal/commands.hpp"
#include "terminal/transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

/// Tests of typed lines, completion and mentions.
namespace belfry::terminal {
namespace {

template <typename Kind>
Kind read_as(std::string_view line) {
    const auto read = typed::read(line);
    EXPECT_TRUE(std::holds_alternative<Kind>(read)) << line;
    const auto* kind = std::get_if<Kind>(&read);
    return kind == nullptr ? Kind{} : *kind;
}

TEST(ClientTyped, ALineIsAMessageOrACommand) {
    EXPECT_EQ(read_as<typed::Text>("hello /who").text, "hello /who");
    EXPECT_EQ(read_as<typed::Text>(" /who").text, " /who");
    EXPECT_EQ(read_as<typed::Text>("//who").text, "/who");
    EXPECT_EQ(read_as<typed::Text>("/me waves").text, "/me waves");
    read_as<typed::Nothing>("");
    read_as<typed::ListOnline>("/who");
    read_as<typed::ShowHelp>("/help");
    read_as<typed::Leave>("/quit ");
    EXPECT_EQ(read_as<typed::ShowHistory>("/history").count, 20U);
    EXPECT_EQ(read_as<typed::ShowHistory>("/history  7").count, 7U);
    EXPECT_EQ(read_as<typed::SearchText>("/search two words ").text, "two words");
}

TEST(ClientTyped, AMistakeIsNotSent) {
    for (const auto* line : {"/", "/WHO", "/who is", "/quit now", "/history 0", "/history x",
                             "/history 1 2", "/history 10001", "/history 99999999999999999999",
                             "/search", "/search  ", "/me", "/me ", "/etc/passwd"}) {
        EXPECT_NE(read_as<typed::Mistake>(line).why, "") << line;
    }
}

typed::Completion completed(std::string_view front) {
    return typed::complete(front, {"bobby", "ann", "bob", "carl"});
}

TEST(ClientTyped, AWordIsCompletedAsFarAsItIsUnambiguous) {
    EXPECT_EQ(completed("hello c").rest, "arl ");
    EXPECT_EQ(completed("@a").rest, "nn ");
    EXPECT_EQ(completed("b").rest, "ob");
    EXPECT_EQ(completed("bob").rest, "");
    EXPECT_EQ(completed("bob").choices, (std::vector<std::string>{"bob", "bobby"}));
    EXPECT_EQ(completed("bobb").rest, "y ");
    EXPECT_TRUE(completed("x").choices.empty());
    EXPECT_EQ(completed("").choices.size(), 4U);
}

// Puts each mention of the client in brackets.
std::string marked(std::string text, std::string_view id) {
    auto parts = mentions(text, id);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        text.insert(part->begin + part->size, "]").insert(part->begin, "[");
    }
    return text;
}

TEST(ClientTyped, AMentionIsAWholeWord) {
    EXPECT_EQ(marked("ann, Ann. @ANN: ann", "ann"), "[ann], [Ann]. [@ANN]: [ann]");
    EXPECT_EQ(marked("joann anna ann-marie ann.b _ann x-ann annä", "ann"),
              "joann anna ann-marie ann.b _ann x-ann annä");
    EXPECT_EQ(marked("ann-marie", "ann-marie"), "[ann-marie]");
}

TEST(ClientTyped, AnIdOfDigitsIsMentionedWithAnAt) {
    EXPECT_EQ(marked("1 apple for @1, not for @12", "1"), "1 apple for [@1], not for @12");
}

}  // namespace
}  // namespace belfry::terminal
