#include "cli/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace belfry::cli {
namespace {

using namespace std::string_literals;

std::string json(std::string_view payload, bool ascii = false, std::uint64_t seq = 0) {
    std::string out;
    append_json(
        out, {.id = 7, .sender = "bob", .time_ms = 1700000000123, .seq = seq, .payload = payload},
        ascii);
    return out;
}

TEST(CliJson, AMessageIsOneObjectPerLineWithItsKeysInOrder) {
    EXPECT_EQ(json("hello"),
              "{\"id\":7,\"from\":\"bob\",\"time\":1700000000123,\"text\":\"hello\"}\n");
}

TEST(CliJson, TextSurvivesParsing) {
    const std::string payload = "\"quotes\" \\ \r\n\t \0 \x1b gr\xc3\xbc\xc3\x9f"s;
    const std::string line = json(payload);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(nlohmann::json::parse(line).at("text"), payload);
    EXPECT_EQ(nlohmann::json::parse(json(payload, true)).at("text"), payload);
}

TEST(CliJson, OutputForATerminalIsAscii) {
    for (const char c : json("\x7f\xc2\x9b\xc3\xbc", true))
        EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127));
}

TEST(CliJson, APayloadThatIsNotUtf8IsWrittenInBase64) {
    EXPECT_EQ(nlohmann::json::parse(json("\xff")).at("data"), "/w==");
    EXPECT_EQ(nlohmann::json::parse(json("a\xff")).at("data"), "Yf8=");
    EXPECT_EQ(nlohmann::json::parse(json("ab\xff")).at("data"), "YWL/");
    EXPECT_EQ(nlohmann::json::parse(json("a\0b\xff"s)).at("data"), "YQBi/w==");
    EXPECT_FALSE(nlohmann::json::parse(json("\xff")).contains("text"));
    EXPECT_FALSE(nlohmann::json::parse(json("x")).contains("data"));
    EXPECT_TRUE(nlohmann::json::parse(json("\xed\xa0\x80")).contains("data")) << "a surrogate";
}

TEST(CliJson, TheSeqIsIncludedIfItIsKnown) {
    EXPECT_EQ(nlohmann::json::parse(json("x", false, 5)).at("seq"), 5);
    EXPECT_FALSE(nlohmann::json::parse(json("x")).contains("seq"));
}

}  // namespace
}  // namespace belfry::cli
