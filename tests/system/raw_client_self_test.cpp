#include "tests/support/failure.hpp"
#include "tests/support/frame_reader.hpp"
#include "tests/support/session_rules.hpp"

#include <gtest/gtest.h>

#include <string>

/// Tests of the tools of the system tests: FrameReader and SessionRules detect every violation of
/// the protocol.
namespace belfry::test {
namespace {

const std::string welcome =
    "WELCOME 1 epoch=a cursor=2 last=4 seq=0 max-payload=65536 server=belfry/1\r\n";

/// Reads all frames and checks them with SessionRules. Returns the number of frames.
int check_stream(const std::string& bytes) {
    FrameReader reader;
    SessionRules rules;
    reader.feed(bytes);
    int count = 0;
    while (const auto frame = reader.next()) {
        rules.check(*frame);
        ++count;
    }
    return count;
}

TEST(Oracle, AValidStreamIsAccepted) {
    EXPECT_EQ(check_stream(welcome + "MSG 3 2 1700000000000 5\r\na\r\nb\n\r\nSENT 9 4\r\nLIVE 4\r\n"
                                     "PONG\r\nGAP 5 8\r\nDUP 3\r\nMSG 9 2 1 0\r\n\r\n"
                                     "ERR bad-line - what was that\r\nBYE quit\r\n"),
              10);
}

TEST(Oracle, FramesMayArriveInAnyPieces) {
    const std::string bytes = welcome + "MSG 3 2 1 5\r\n\r\n\r\nx\r\nPONG t\r\n";
    FrameReader reader;
    int count = 0;
    for (const char byte : bytes) {
        reader.feed({&byte, 1});
        while (reader.next()) ++count;
    }
    EXPECT_EQ(count, 3);
    EXPECT_EQ(reader.unread(), "");
}

TEST(Oracle, AMalformedFrameIsDetected) {
    for (const std::string bytes :
         {"PONG\n", "\r\n", "pong\r\n", "HELLO\r\n", "LIVE\r\n", "LIVE x\r\n", "LIVE 1 2\r\n",
          "SENT 1\r\n", "SENT  1 2\r\n", "SENT 1 2 \r\n", "SENT 01 3\r\n", "ERR bad-line -\r\n",
          "MSG 3 2 1\r\n", "MSG 3 2 1 x\r\n", "MSG 3 2 1 1\r\nab\r\n", "MSG 3 2 1 1\r\na\n\r\n"}) {
        EXPECT_THROW(check_stream(welcome + bytes), Failure) << bytes;
    }
    EXPECT_THROW(check_stream(welcome + "PONG " + std::string(1018, 'x') + "\r\n"), Failure);
    EXPECT_EQ(check_stream(welcome + "PONG " + std::string(1017, 'x') + "\r\n"), 2);
}

TEST(Oracle, AViolationOfTheOrderIsDetected) {
    const std::string third = "MSG 3 2 1 0\r\n\r\n";
    const std::string live = third + "SENT 1 4\r\nLIVE 4\r\n";
    for (const std::string& bytes :
         {std::string{"MSG 4 2 1 0\r\n\r\n"}, std::string{"MSG 2 2 1 0\r\n\r\n"},
          std::string{"MSG 3 1 1 0\r\n\r\n"}, std::string{"SENT 1 5\r\n"},
          std::string{"GAP 4 5\r\n"}, std::string{"GAP 3 2\r\n"}, std::string{"LIVE 4\r\n"},
          std::string{"LIVE 2\r\n"}, third + third, third + "LIVE 3\r\n", live + "LIVE 4\r\n",
          live + "SENT 2 4\r\n", live + "MSG 6 2 1 0\r\n\r\n", live + welcome,
          third + "SENT 1 4\r\nMSG 5 2 1 0\r\n\r\n", "BYE quit\r\n" + third}) {
        EXPECT_THROW(check_stream(welcome + bytes), Failure) << bytes;
    }
    EXPECT_THROW(check_stream("LIVE 0\r\n"), Failure);
}

}  // namespace
}  // namespace belfry::test
