#include "gate/web_copy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::gate {
namespace {

TEST(CloseReason, FollowsTheLastLineOfTheSession) {
    EXPECT_EQ(close_reason("BYE quit\r\n"), (CloseReason{1000, "quit"}));
    EXPECT_EQ(close_reason("MSG 1 a 1 1\r\nx\r\nBYE taken-over\r\n"),
              (CloseReason{1000, "taken-over"}));
    EXPECT_EQ(close_reason("PONG\r\nBYE shutting-down\r\n"), (CloseReason{1001, "shutting-down"}));
    EXPECT_EQ(close_reason("ERR login-refused - wrong\r\n"), (CloseReason{1000, "login-refused"}));
}

TEST(CloseReason, HasNoTextThatIsNoWordOfTheProtocol) {
    EXPECT_EQ(close_reason("ERR " + std::string(200, 'x') + "\r\n"), (CloseReason{1000, ""}));
    EXPECT_EQ(close_reason("ERR \xff\xfe - x\r\n"), (CloseReason{1000, ""}));
}

TEST(CloseReason, IsAnErrorWithoutALastLine) {
    for (const char* const end :
         {"", "PONG a\r\n", "BYE quit", "BYE qu", "BYE quit\r\nSENT 1 1\r\n", "xBYE quit\r\n",
          "MSG 1 a 1 11\r\nBYE quit", "ERR unknown-command - unknown command\r\n",
          "ERR store-failed 7 not stored; send it again later\r\n"}) {
        EXPECT_EQ(close_reason(end).code, 1011) << end;
    }
}

TEST(StreamTail, IsTheSameHoweverTheBytesAreCut) {
    std::string all;
    for (int number = 0; number < 200; ++number) all += std::to_string(number) + ' ';
    for (const std::size_t piece : {1UL, 2UL, 7UL, 255UL, 256UL, 257UL, 600UL, 10'000UL}) {
        StreamTail tail;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            tail.add(std::string_view{all}.substr(at, piece));
        }
        ASSERT_EQ(tail.view().size(), 256U);
        EXPECT_EQ(tail.view(), all.substr(all.size() - 256)) << piece;
    }
    StreamTail tail;
    tail.add("one ");
    tail.add("");
    tail.add("two");
    EXPECT_EQ(tail.view(), "one two");
}

}  // namespace
}  // namespace belfry::gate
