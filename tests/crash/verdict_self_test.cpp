#include "tests/support/crash/payload.hpp"
#include "tests/support/crash/verdict.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

/// Tests of the crash tests' own tools: judge() and the checksum of the payloads detect every
/// fault.
namespace belfry::test {
namespace {

const std::vector<std::uint64_t> messages_made{2, 1};

View correct_view() {
    return {.log = {{0, 1}, {1, 1}, {0, 2}}, .faults = {}};
}

Verdict judge_with(const View& other) {
    const std::vector<View> views{correct_view(), other};
    return judge(views, messages_made);
}

TEST(Verdict, EqualAndCompleteViewsAreGood) {
    const Verdict verdict = judge_with(correct_view());
    EXPECT_TRUE(verdict.is_good()) << verdict;
    EXPECT_EQ(verdict.messages, 3U);
}

TEST(Verdict, ALostMessageIsDetected) {
    View view = correct_view();
    view.log.pop_back();
    EXPECT_EQ(judge_with(view).lost, 1U);
}

TEST(Verdict, ADuplicateMessageIsDetected) {
    View view = correct_view();
    view.log.push_back(view.log.back());
    EXPECT_EQ(judge_with(view).doubled, 1U);
}

TEST(Verdict, AMessageThatNobodySentIsDetected) {
    View view = correct_view();
    view.log.push_back({1, 2});
    EXPECT_FALSE(judge_with(view).is_good());
}

TEST(Verdict, ADifferentOrderIsDetected) {
    View view = correct_view();
    std::swap(view.log[0], view.log[1]);
    EXPECT_EQ(judge_with(view).reordered, 2U);
}

TEST(Verdict, AnOrderThatIsWrongInEveryViewIsDetected) {
    View view = correct_view();
    std::swap(view.log[0], view.log[2]);
    const std::vector<View> views{view, view};
    EXPECT_EQ(judge(views, messages_made).reordered, 2U);
}

TEST(Payload, EveryChangedByteIsDetected) {
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
