#include "server/history_answer.hpp"

#include "store/log_record.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

class PastFrames : public SegmentTest {
  protected:
    void TearDown() override {}  // its records are not plain ones

    /// Appends the first two messages of the log to `out`, as an answer to HISTORY.
    server::HistoryAnswer::Step print(std::string& out) {
        return server::HistoryAnswer{segment(), store_, {1, 2}}.print_next(out);
    }

    [[nodiscard]] std::string time() { return std::to_string(log().last_time_ms); }

    Sender ann_{segment(), 0, "ann", store::record_format};
    Sender bob_{segment(), 1, "bob", store::record_format};
    server::StoreCursor store_{segment(), scratch_.data_dir()};
};

TEST_F(PastFrames, AreEmptyForNoRecords) {
    std::string out;
    EXPECT_EQ(print(out), server::HistoryAnswer::Step::end);
    EXPECT_EQ(out, "END 0 0\r\n");
}

TEST_F(PastFrames, AreTheMessagesWithTheVerbPast) {
    log().last_time_ms = 4'000'000'000'000;  // no message gets an earlier time
    bob_.say("hi");
    ann_.say("");
    std::string out;
    EXPECT_EQ(print(out), server::HistoryAnswer::Step::page);
    EXPECT_EQ(out, "PAST 1 bob 4000000000000 2\r\nhi\r\nPAST 2 ann 4000000000000 0\r\n\r\n");
}

TEST_F(PastFrames, KeepPayloadsOfAnyBytes) {
    const std::string body{"\0\r\nMSG 1 a 2 0\r\n\xff", 17};
    bob_.say(body);
    std::string out;
    EXPECT_EQ(print(out), server::HistoryAnswer::Step::page);
    EXPECT_EQ(out, "PAST 1 bob " + time() + " 17\r\n" + body + "\r\n");
}

TEST_F(PastFrames, OfADamagedIndexAreThoseOfTheRecords) {
    ann_.say("one");
    ann_.say("two");
    segment().sender(1) = 1U << 31;
    ++segment().position(2);
    std::string out;
    EXPECT_EQ(print(out), server::HistoryAnswer::Step::page);
    EXPECT_EQ(out, "PAST 1 ann " + time() + " 3\r\none\r\nPAST 2 ann " + time() + " 3\r\ntwo\r\n");
}

TEST_F(PastFrames, AreAppendedToTheOutput) {
    ann_.say("x");
    std::string out = "before ";
    EXPECT_EQ(print(out), server::HistoryAnswer::Step::page);
    EXPECT_EQ(out, "before PAST 1 ann " + time() + " 1\r\nx\r\n");
}

}  // namespace
}  // namespace belfry::test
