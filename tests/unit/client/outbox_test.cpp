#include "client/outbox.hpp"

#include "wire/limits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::client {
namespace {

using Texts = std::vector<std::string>;

class ClientOutbox : public ::testing::Test {
  protected:
    // What would go out now, each SEND as `seq:text`.
    Texts sends(std::size_t enough = 1'000'000) {
        std::string out;
        outbox.fill(out, enough);
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
        for (const char* line : lines) outbox.add(++number, line);
    }

    Texts refused;
    std::uint64_t number = 0;
    Outbox outbox{[this](std::uint64_t line, std::string_view, std::string_view why) {
        refused.push_back(std::to_string(line) + " " + std::string{why});
    }};
};

TEST_F(ClientOutbox, NumbersGoOnBehindTheHighestThatTheServerKnows) {
    outbox.begin_session(41, 100);
    add({"a", "b"});
    EXPECT_EQ(sends(), (Texts{"42:a", "43:b"}));
    EXPECT_EQ(sends(), Texts{});
}

TEST_F(ClientOutbox, IsEmptyWhenEveryLineHasItsAnswer) {
    outbox.begin_session(0, 100);
    EXPECT_TRUE(outbox.is_empty());
    add({"a", "b"});
    EXPECT_FALSE(outbox.is_empty());
    static_cast<void>(sends());
    outbox.accept(2);
    EXPECT_FALSE(outbox.is_empty());
    outbox.accept(1);
    EXPECT_TRUE(outbox.is_empty());
}

TEST_F(ClientOutbox, WhatHasNoAnswerIsSentAgainWithItsSeqOnTheNextConnection) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    add({"d"});
    outbox.accept(2);
    outbox.begin_session(2, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c", "4:d"}));
}

TEST_F(ClientOutbox, ALineAnsweredBeforeItIsSentAgainIsNotSentAgain) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    outbox.begin_session(0, 100);
    outbox.accept(2);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

TEST_F(ClientOutbox, ALineNeverSentIsNumberedBehindWhatTheServerKnowsNow) {
    outbox.begin_session(0, 100);
    add({"a"});
    static_cast<void>(sends());
    add({"b"});
    outbox.begin_session(10, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "11:b"}));
    outbox.accept(11);
    outbox.accept(1);
    EXPECT_TRUE(outbox.is_empty());
}

TEST_F(ClientOutbox, AnswersToUnknownSeqsAreIgnored) {
    outbox.begin_session(5, 100);
    add({"a"});
    static_cast<void>(sends());
    outbox.accept(5);
    outbox.accept(7);
    outbox.refuse(7, "why");
    outbox.postpone(8);
    EXPECT_FALSE(outbox.is_empty());
    EXPECT_FALSE(outbox.can_try_again());
    EXPECT_EQ(refused, Texts{});
}

TEST_F(ClientOutbox, ARefusedLineIsToldAndNeverSentAgain) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    outbox.refuse(2, "too-large");
    EXPECT_EQ(refused, (Texts{"2 too-large"}));
    outbox.begin_session(0, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

TEST_F(ClientOutbox, BehindBadSeqsLinesAreNumberedFromWhatTheServerKnows) {
    outbox.begin_session(1000, 100);
    add({"a", "b"});
    EXPECT_EQ(sends(), (Texts{"1001:a", "1002:b"}));
    outbox.begin_session(5, 100);
    EXPECT_EQ(sends(), (Texts{"1001:a", "1002:b"})) << "they may have been accepted";
    outbox.refuse_seq(1001, "bad-seq");
    outbox.refuse_seq(1002, "bad-seq");
    EXPECT_EQ(refused, (Texts{"1 bad-seq", "2 bad-seq"}));
    add({"c"});
    EXPECT_EQ(sends(), Texts{"6:c"});
}

TEST_F(ClientOutbox, ARefusedLinesSeqIsNotUsedAgain) {
    outbox.begin_session(0, 100);
    add({"a"});
    EXPECT_EQ(sends(), Texts{"1:a"});
    outbox.refuse(1, "too-large");
    add({"b"});
    EXPECT_EQ(sends(), Texts{"2:b"});
}

TEST_F(ClientOutbox, NumbersGoOnBehindWhatHasBeenAccepted) {
    outbox.begin_session(0, 100);
    add({"a", "b"});
    static_cast<void>(sends());
    outbox.accept(1);
    outbox.accept(2);
    add({"c"});
    EXPECT_EQ(sends(), Texts{"3:c"});
}

TEST_F(ClientOutbox, ALineAboveMaxPayloadIsNotSent) {
    outbox.begin_session(0, 3);
    add({"abc", "abcd", "xyz"});
    EXPECT_EQ(sends(), (Texts{"1:abc", "3:xyz"}));
    EXPECT_EQ(refused, (Texts{"2 longer than the 3 bytes that the server takes"}));
    outbox.accept(3);
    outbox.accept(1);
    EXPECT_TRUE(outbox.is_empty());
}

TEST_F(ClientOutbox, ARefusedLineInTheMiddleHindersNoLaterAnswer) {
    outbox.begin_session(0, 3);
    add({"a", "long1", "long2", "b", "c"});
    static_cast<void>(sends());
    outbox.accept(5);
    outbox.accept(4);
    outbox.accept(1);
    EXPECT_TRUE(outbox.is_empty());
}

TEST_F(ClientOutbox, WithoutSeqsLeftNothingIsAccepted) {
    outbox.begin_session(wire::max_seq - 1, 100);
    add({"a", "b", "c"});
    EXPECT_EQ(sends(), (Texts{"9223372036854775807:a"}));
    EXPECT_EQ(refused.size(), 2u);
}

TEST_F(ClientOutbox, FillsUntilThereIsEnough) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    EXPECT_EQ(sends(1), (Texts{"1:a"}));
    EXPECT_EQ(sends(), (Texts{"2:b", "3:c"}));
}

TEST_F(ClientOutbox, HasNoRoomAboveAFewMiBAndGetsItBack) {
    outbox.begin_session(0, 1 << 20);
    const std::string line(1 << 20, 'x');
    while (outbox.has_room()) outbox.add(++number, line);
    EXPECT_LE(number, 5u);
    static_cast<void>(sends(100 << 20));
    outbox.accept(1);
    EXPECT_TRUE(outbox.has_room());
}

TEST_F(ClientOutbox, EmptyLinesAreBoundedToo) {
    while (outbox.has_room()) outbox.add(++number, "");
    EXPECT_LT(number, 1'000'000u);
}

TEST_F(ClientOutbox, WhatTheStoreRefusedIsSentAgainInOrderWhenAllHasBeenAnswered) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c", "d"});
    static_cast<void>(sends());
    outbox.postpone(2);
    add({"e"});
    EXPECT_EQ(sends(), Texts{}) << "nothing more is sent behind a line that was not stored";
    outbox.postpone(3);
    EXPECT_FALSE(outbox.can_try_again());
    outbox.postpone(4);
    EXPECT_TRUE(outbox.can_try_again());
    outbox.try_again();
    EXPECT_FALSE(outbox.can_try_again());
    EXPECT_EQ(sends(), (Texts{"2:b", "3:c", "4:d", "5:e"}));
}

TEST_F(ClientOutbox, ALineRefusedForGoodBehindAPostponedOneStaysRefused) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    outbox.postpone(1);
    outbox.postpone(2);
    outbox.refuse(3, "too-large");
    EXPECT_TRUE(outbox.can_try_again());
    outbox.try_again();
    EXPECT_EQ(sends(), (Texts{"1:a", "2:b"}));
}

TEST_F(ClientOutbox, ANewConnectionEndsThePostponing) {
    outbox.begin_session(0, 100);
    add({"a", "b"});
    static_cast<void>(sends());
    outbox.postpone(1);
    outbox.begin_session(0, 100);
    EXPECT_EQ(sends(), (Texts{"1:a", "2:b"}));
}

TEST_F(ClientOutbox, AllWithoutAnswerIsSentAgainOnDemand) {
    outbox.begin_session(0, 100);
    add({"a", "b", "c"});
    static_cast<void>(sends());
    outbox.accept(2);
    outbox.send_all_again();
    EXPECT_EQ(sends(), (Texts{"1:a", "3:c"}));
}

}  // namespace
}  // namespace belfry::client
