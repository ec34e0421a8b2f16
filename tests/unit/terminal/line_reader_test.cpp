#include "terminal/input.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::terminal {
namespace {

using Texts = std::vector<std::string>;

std::string described(const InputLine& line) {
    return std::to_string(line.number) +
           (line.too_long ? " too long" : " " + std::string{line.text});
}

Texts read(const Texts& pieces, std::size_t limit = 10) {
    LineReader reader{limit};
    Texts lines;
    for (const std::string_view piece : pieces) {
        for (auto rest = piece; !rest.empty();) {
            if (const auto line = reader.next(rest)) lines.push_back(described(*line));
        }
    }
    if (const auto line = reader.last()) lines.push_back(described(*line));
    EXPECT_FALSE(reader.last());
    return lines;
}

TEST(ClientLineReader, SplitsAtLfAndRemovesOneCr) {
    EXPECT_EQ(read({"a\nb\r\n\n\r\nc\r\r\n"}), (Texts{"1 a", "2 b", "3 ", "4 ", "5 c\r"}));
}

TEST(ClientLineReader, TheLastLineMayLackItsLf) {
    EXPECT_EQ(read({"a\nb"}), (Texts{"1 a", "2 b"}));
    EXPECT_EQ(read({"a\nb\r"}), (Texts{"1 a", "2 b\r"}));
    EXPECT_EQ(read({"a\n"}), (Texts{"1 a"}));
    EXPECT_EQ(read({""}), Texts{});
}

TEST(ClientLineReader, AnySplitGivesTheSameLines) {
    const std::string input = "one\r\n\ntwo\n\r\nthe longest\nelevenbytes\r\n0123456789\r\nend";
    const Texts whole = read({input});
    for (std::size_t i = 0; i <= input.size(); ++i) {
        for (std::size_t j = i; j <= input.size(); ++j) {
            EXPECT_EQ(read({input.substr(0, i), input.substr(i, j - i), input.substr(j)}), whole);
        }
    }
}

TEST(ClientLineReader, ALineAboveTheLimitIsTooLong) {
    EXPECT_EQ(read({"0123456789\n0123456789x\n0123456789\r\n0123456789x\r\nok\n"}),
              (Texts{"1 0123456789", "2 too long", "3 0123456789", "4 too long", "5 ok"}));
    EXPECT_EQ(read({"0123", "456789\r", "xyz\n", "ok"}), (Texts{"1 too long", "2 ok"}));
    EXPECT_EQ(read({"0123456789x"}), (Texts{"1 too long"}));
}

}  // namespace
}  // namespace belfry::terminal
