#include "tests/support/crash/payload.hpp"
#include "tests/support/crash/verdict.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

/// Who judges the judge: the crash tests' verdict and checksum see what is wrong.
namespace belfry::test {
namespace {

const std::vector<std::uint64_t> made{2, 1};

View good() {
    return {.log = {{0, 1}, {1, 1}, {0, 2}}, .faults = {}};
}

Verdict judge_with(const View& other) {
    const std::vector<View> views{good(), other};
    return judge(views, made);
}

TEST(Verdict, EqualAndCompleteViewsAreGood) {
    const Verdict verdict = judge_with(good());
    EXPECT_TRUE(verdict.is_good()) << verdict;
    EXPECT_EQ(verdict.messages, 3U);
}

TEST(Verdict, ALostMessageIsSeen) {
    View view = good();
    view.log.pop_back();
    EXPECT_EQ(judge_with(view).lost, 1U);
}

TEST(Verdict, ADoubledMessageIsSeen) {
    View view = good();
    view.log.push_back(view.log.back());
    EXPECT_EQ(judge_with(view).doubled, 1U);
}

TEST(Verdict, AMessageThatNobodyMadeIsSeen) {
    View view = good();
    view.log.push_back({1, 2});
    EXPECT_FALSE(judge_with(view).is_good());
}

TEST(Verdict, AnotherOrderIsSeen) {
    View view = good();
    std::swap(view.log[0], view.log[1]);
    EXPECT_EQ(judge_with(view).reordered, 2U);
}

TEST(Verdict, AnOrderThatIsWrongForEverybodyIsSeen) {
    View view = good();
    std::swap(view.log[0], view.log[2]);
    const std::vector<View> views{view, view};
    EXPECT_EQ(judge(views, made).reordered, 2U);
}

TEST(Payload, EveryChangedByteIsSeen) {
    for (const std::uint64_t number : {1U, 2U, 77U, 1009U}) {
        const std::string payload = make_payload({3, number, 123'456'789});
        const auto tag = read_payload(payload);
        ASSERT_TRUE(tag);
        EXPECT_EQ(tag->sender, 3U);
        EXPECT_EQ(tag->number, number);
        for (std::size_t at = 0; at < payload.size(); ++at) {
            std::string changed = payload;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            EXPECT_FALSE(read_payload(changed)) << at;
        }
        EXPECT_FALSE(read_payload(payload.substr(1)));
        EXPECT_FALSE(read_payload(payload.substr(0, payload.size() - 1)));
    }
}

}  // namespace
}  // namespace belfry::test
