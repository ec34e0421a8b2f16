#include "client/unsent.hpp"

#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::client {
namespace {

using Texts = std::vector<std::string>;

class ClientUnsent : public ::testing::Test {
  protected:
    // Returns what would be sent now, each SEND as `seq:text`.
    Texts sends(std::size_t enough = 1'000'000) {
        std::string out;
        unsent.fill(out, enough);
        Texts result;
        std::string_view rest = out;
        while (!rest.empty()) {
            const auto head = rest.substr(0, rest.find("\r\n"));
            const auto seq = head.substr(5, head.find(' ', 5) - 5);
            const auto length = std::stoul(std::string{head.substr(head.rfind(' ') + 1)});
            result.push_back(std::string{seq} + ":" +
                             std::string{rest.substr(head.size() + 2, length)});
            rest.remove_prefix(head.size() + 2 + length + 2);
        }
        return result;
    }

    void add(std::initializer_list<const char*> lines) {
        for (const char* line : lines) unsent.add(++number, line);
    }

    Texts refused;
    std::uint64_t number = 0;
    Unsent unsent{[this](std::uint64_t line, const Error& why) {
        refused.push_back(std::to_string(line) + " " + why.text);
    }};
};

TEST_F(ClientUnsent, SeqsContinueAfterTheHighestSeqThatTheServerKnows) {
    unsent.begin_session(41, 100);
    add({"a", "b"});
    EXPECT_EQ(sends(), (Texts{"42:a", "43:b"}));
    EXPECT_EQ(sends(), Texts{});
}

TEST_F(ClientUnsent, IsEmptyWhenEveryLineHasBeenAnswered) {
    unsent.begin_session(0, 100);
    EXPECT_TRUE(unsent.is_empty());
    add({"a", "b"});
    EXPECT_FALSE(unsent.is_empty());
    static_cast<void>(sends());
    unsent.accept(2);
    EXPECT_FALSE(unsent.is_empty());
    unsent.accept(1);
    EXPECT_TRUE(unsent.is_empty());
}

TEST_F(ClientUnsent, AnUnansweredLineIsSentAgainWithTheSameSeqOnTheNextConnection) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    add({"d"});
    unsent.accept(2);
    unsent.begin_session(2, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c", "4:d"}));
}

TEST_F(ClientUnsent, ALineThatIsAnsweredBeforeItsResendIsNotSentAgain) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    unsent.begin_session(0, 100);
    unsent.accept(2);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

TEST_F(ClientUnsent, ALineThatWasNeverSentIsNumberedAfterTheSeqThatTheServerKnowsNow) {
    unsent.begin_session(0, 100);
    add({"a"});
    static_cast<void>(sends());
    add({"b"});
    unsent.begin_session(10, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "11:b"}));
    unsent.accept(11);
    unsent.accept(1);
    EXPECT_TRUE(unsent.is_empty());
}

TEST_F(ClientUnsent, AnswersToUnknownSeqsAreIgnored) {
    unsent.begin_session(5, 100);
    add({"a"});
    static_cast<void>(sends());
    unsent.accept(5);
    unsent.accept(7);
    unsent.refuse(7, {"why", "why"});
    unsent.postpone(8);
    EXPECT_FALSE(unsent.is_empty());
    EXPECT_FALSE(unsent.can_try_again());
    EXPECT_EQ(refused, Texts{});
    add({"b"});
    EXPECT_EQ(sends(), Texts{"7:b"});
}

TEST_F(ClientUnsent, ARefusedLineIsReportedAndNeverSentAgain) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    unsent.refuse(2, {"too-large", "too-large"});
    EXPECT_EQ(refused, (Texts{"2 too-large"}));
    unsent.begin_session(0, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

TEST_F(ClientUnsent, AfterABadSeqNewLinesAreNumberedFromTheSeqThatTheServerKnows) {
    unsent.begin_session(1000, 100);
    add({"a", "b"});
    EXPECT_EQ(sends(), (Texts{"1001:a", "1002:b"}));
    unsent.begin_session(5, 100);
    EXPECT_EQ(sends(), (Texts{"1001:a", "1002:b"})) << "the server may have accepted them";
    unsent.refuse_seq(1001, {"bad-seq", "bad-seq"});
    unsent.refuse_seq(1002, {"bad-seq", "bad-seq"});
    EXPECT_EQ(refused, (Texts{"1 bad-seq", "2 bad-seq"}));
    add({"c"});
    EXPECT_EQ(sends(), Texts{"6:c"});
}

TEST_F(ClientUnsent, TheSeqOfARefusedLineIsNotUsedAgain) {
    unsent.begin_session(0, 100);
    add({"a"});
    EXPECT_EQ(sends(), Texts{"1:a"});
    unsent.refuse(1, {"too-large", "too-large"});
    add({"b"});
    EXPECT_EQ(sends(), Texts{"2:b"});
}

TEST_F(ClientUnsent, SeqsContinueAfterTheLastAcceptedOne) {
    unsent.begin_session(0, 100);
    add({"a", "b"});
    static_cast<void>(sends());
    unsent.accept(1);
    unsent.accept(2);
    add({"c"});
    EXPECT_EQ(sends(), Texts{"3:c"});
}

TEST_F(ClientUnsent, ALineAboveMaxPayloadIsNotSent) {
    unsent.begin_session(0, 3);
    add({"abc", "abcd", "xyz"});
    EXPECT_EQ(sends(), (Texts{"1:abc", "2:xyz"}));
    EXPECT_EQ(refused, (Texts{"2 longer than the server's limit of 3 bytes"}));
    unsent.accept(2);
    unsent.accept(1);
    EXPECT_TRUE(unsent.is_empty());
}

TEST_F(ClientUnsent, ASeqThatWasSentIsNotUsedAgainAfterTheServerHasLoweredItsLimit) {
    unsent.begin_session(0, 4);
    add({"long"});
    EXPECT_EQ(sends(), Texts{"1:long"});
    unsent.begin_session(0, 3);
    add({"a"});
    EXPECT_EQ(sends(), Texts{"2:a"});
    EXPECT_EQ(refused.size(), 1u);
}

TEST_F(ClientUnsent, ARefusedLineDoesNotBlockTheAnswersToLaterLines) {
    unsent.begin_session(0, 3);
    add({"a", "long1", "long2", "b", "c"});
    static_cast<void>(sends());
    unsent.accept(3);
    unsent.accept(2);
    unsent.accept(1);
    EXPECT_TRUE(unsent.is_empty());
}

TEST_F(ClientUnsent, LinesAreRefusedWhenNoSeqIsLeft) {
    unsent.begin_session(wire::max_seq - 1, 100);
    add({"a", "b", "c"});
    EXPECT_EQ(sends(), (Texts{"9223372036854775807:a"}));
    EXPECT_EQ(refused.size(), 2u);
}

TEST_F(ClientUnsent, AnImpossibleSeqOfTheProgramIsRefusedAlone) {
    unsent.begin_session(4, 100);
    unsent.add(++number, "a", wire::max_seq + 1);
    add({"b"});
    EXPECT_EQ(sends(), Texts{"5:b"});
    EXPECT_EQ(refused.size(), 1u);
}

TEST_F(ClientUnsent, StopsFillingTheOutputOnceItIsLongEnough) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    EXPECT_EQ(sends(1), (Texts{"1:a"}));
    EXPECT_EQ(sends(), (Texts{"2:b", "3:c"}));
}

TEST_F(ClientUnsent, HasRoomForAFewMiBAndAnAnswerMakesRoomAgain) {
    unsent.begin_session(0, 1 << 20);
    const std::string line(1 << 20, 'x');
    while (unsent.has_room()) unsent.add(++number, line);
    EXPECT_LE(number, 5u);
    static_cast<void>(sends(100 << 20));
    unsent.accept(1);
    EXPECT_TRUE(unsent.has_room());
}

TEST_F(ClientUnsent, TheNumberOfEmptyLinesIsLimitedToo) {
    while (unsent.has_room()) unsent.add(++number, "");
    EXPECT_LT(number, 1'000'000u);
}

TEST_F(ClientUnsent, LinesThatTheStoreRefusedAreSentAgainInOrderOnceEveryLineIsAnswered) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c", "d"});
    static_cast<void>(sends());
    unsent.postpone(2);
    add({"e"});
    EXPECT_EQ(sends(), Texts{}) << "nothing is sent after a line that was not stored";
    unsent.postpone(3);
    EXPECT_FALSE(unsent.can_try_again());
    unsent.postpone(4);
    EXPECT_TRUE(unsent.can_try_again());
    unsent.try_again();
    EXPECT_FALSE(unsent.can_try_again());
    EXPECT_EQ(sends(), (Texts{"2:b", "3:c", "4:d", "5:e"}));
}

TEST_F(ClientUnsent, ALineThatIsRefusedForGoodAfterAPostponedOneStaysRefused) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    unsent.postpone(1);
    unsent.postpone(2);
    unsent.refuse(3, {"too-large", "too-large"});
    EXPECT_TRUE(unsent.can_try_again());
    unsent.try_again();
    EXPECT_EQ(sends(), (Texts{"1:a", "2:b"}));
}

TEST_F(ClientUnsent, PostponedLinesAreSentAtOnceOnANewConnection) {
    unsent.begin_session(0, 100);
    add({"a", "b"});
    static_cast<void>(sends());
    unsent.postpone(1);
    unsent.begin_session(0, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "2:b"}));
}

TEST_F(ClientUnsent, EveryUnansweredLineIsSentAgainOnDemand) {
    unsent.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    unsent.accept(2);
    unsent.send_all_again();
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

}  // namespace
}  // namespace belfry::client
