#include "server/history_answer.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

std::string past(std::string_view records) {
    std::string out;
    server::print_past(out, records);
    return out;
}

TEST(PastFrames, OfNothingAreNothing) {
    EXPECT_EQ(past(""), "");
}

TEST(PastFrames, AreTheMessagesWithAnotherVerb) {
    EXPECT_EQ(past("MSG 4 bob 1700000000123 2\r\nhi\r\nMSG 5 ann 1700000000124 0\r\n\r\n"),
              "PAST 4 bob 1700000000123 2\r\nhi\r\nPAST 5 ann 1700000000124 0\r\n\r\n");
}

TEST(PastFrames, KeepAnyBytes) {
    const std::string body{"\0\r\nMSG 1 a 2 0\r\n\xff", 17};
    EXPECT_EQ(past("MSG 4 bob 1 17\r\n" + body + "\r\n"), "PAST 4 bob 1 17\r\n" + body + "\r\n");
}

TEST(PastFrames, AreAppended) {
    std::string out = "before ";
    server::print_past(out, "MSG 1 a 2 1\r\nx\r\n");
    EXPECT_EQ(out, "before PAST 1 a 2 1\r\nx\r\n");
}

}  // namespace
}  // namespace belfry::test
