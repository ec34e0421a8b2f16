#include "client/format.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry::client {
namespace {

using namespace std::string_literals;

wire::Message message(std::string_view payload) {
    return {.past = false, .id = 7, .sender = "bob", .time_ms = 1700000000123, .payload = payload};
}

std::string text(std::string_view payload, bool for_terminal) {
    std::string out;
    append_text(out, message(payload), for_terminal);
    return out;
}

std::string json(std::string_view payload, bool for_terminal = false) {
    std::string out;
    append_json(out, message(payload), for_terminal);
    return out;
}

TEST(ClientFormat, TextIsTheSenderAndTheBytesAsTheyAre) {
    EXPECT_EQ(text("hello", false), "bob: hello\n");
    EXPECT_EQ(text("", false), "bob: \n");
    EXPECT_EQ(text("a\0\x1b[2J\r\xff\n"s, false), "bob: a\0\x1b[2J\r\xff\n\n"s);
}

TEST(ClientFormat, ATerminalGetsNoControlCharactersButTabAndNewline) {
    EXPECT_EQ(text("a\tb\nc", true), "bob: a\tb\nc\n");
    EXPECT_EQ(text("\x1b[2J\r\x07\x7f\0"s, true), "bob: ?[2J????\n");
    EXPECT_EQ(text("\xc2\x9b"
                   "2J\xc2\x80",
                   true),
              "bob: ?2J?\n")
        << "control characters of ISO 6429 in UTF-8";
    EXPECT_EQ(text("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94", true),
              "bob: gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\x94\n");
}

TEST(ClientFormat, ATerminalGetsNoBytesThatAreNotUtf8) {
    EXPECT_EQ(text("a\x9b"
                   "b",
                   true),
              "bob: a?b\n");
    EXPECT_EQ(text("\xc3\x1b[m", true), "bob: ??[m\n") << "an escape behind half a character";
    EXPECT_EQ(text("\xe2\x82", true), "bob: ??\n");
    EXPECT_EQ(text("\xc0\x9b", true), "bob: ??\n") << "an overlong form";
}

TEST(ClientFormat, JsonIsOneObjectALineWithItsKeysInOrder) {
    EXPECT_EQ(json("hello"),
              "{\"id\":7,\"from\":\"bob\",\"time\":1700000000123,\"text\":\"hello\"}\n");
}

TEST(ClientFormat, JsonTextSurvivesParsing) {
    const std::string payload = "\"quotes\" \\ \r\n\t \0 \x1b gr\xc3\xbc\xc3\x9f"s;
    const std::string line = json(payload);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(nlohmann::json::parse(line).at("text"), payload);
    EXPECT_EQ(nlohmann::json::parse(json(payload, true)).at("text"), payload);
}

TEST(ClientFormat, JsonForATerminalIsAscii) {
    for (const char c : json("\x7f\xc2\x9b\xc3\xbc", true))
        EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127));
}

TEST(ClientFormat, JsonHasBase64WhereThePayloadIsNotUtf8) {
    EXPECT_EQ(nlohmann::json::parse(json("\xff")).at("data"), "/w==");
    EXPECT_EQ(nlohmann::json::parse(json("a\xff")).at("data"), "Yf8=");
    EXPECT_EQ(nlohmann::json::parse(json("ab\xff")).at("data"), "YWL/");
    EXPECT_EQ(nlohmann::json::parse(json("a\0b\xff"s)).at("data"), "YQBi/w==");
    EXPECT_FALSE(nlohmann::json::parse(json("\xff")).contains("text"));
    EXPECT_FALSE(nlohmann::json::parse(json("x")).contains("data"));
    EXPECT_TRUE(nlohmann::json::parse(json("\xed\xa0\x80")).contains("data")) << "a surrogate";
}

}  // namespace
}  // namespace belfry::client
