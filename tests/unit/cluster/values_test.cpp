#include "cluster/clock_check.hpp"
#include "cluster/log_question.hpp"
#include "cluster/node_record.hpp"
#include "cluster/settings.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::test {
namespace {

using namespace cluster;

TEST(ClusterValues, SettingsAreText) {
    const Settings settings{
        .epoch = "5f", .max_payload = 65536, .rules = 1, .base = 12, .node = "a"};
    EXPECT_EQ(settings.text(), "epoch=5f max-payload=65536 rules=1 base=12 node=a");
    EXPECT_EQ(parse_settings(settings.text()), settings);
    EXPECT_EQ(parse_settings(settings.text() + " later=1"), settings);
}

TEST(ClusterValues, SettingsWithAMissingOrImpossibleFieldAreRefused) {
    for (const char* text :
         {"", "epoch=5f", "epoch=5f max-payload=0 rules=1 base=0",
          "epoch=5g max-payload=1 rules=1 base=0", "epoch= max-payload=1 rules=1 base=0",
          "epoch=5f max-payload=4294967296 rules=1 base=0",
          "epoch=5f max-payload=-1 rules=1 base=0", "epoch=5f max-payload=1 rules=1 base=0x",
          "epoch=123456789012345678901234567890123 max-payload=1 rules=1 base=0"}) {
        EXPECT_FALSE(parse_settings(text)) << text;
    }
}

TEST(ClusterValues, ANodeRecordIsText) {
    const NodeRecord record{"a:5000", "6.1", "5f", 2, 9, 77, 3, 1'700'000'000'000, 0xab};
    EXPECT_EQ(record.text(),
              "address=a:5000 version=6.1 epoch=5f last=9 first=2 revision=77 clients=3 "
              "clock=1700000000000 incarnation=00000000000000ab");
    EXPECT_EQ(parse_node_record(record.text()), record);
    NodeRecord without_address = record;
    without_address.address.clear();
    EXPECT_EQ(parse_node_record(without_address.text()), without_address);
    EXPECT_FALSE(parse_node_record("address=a last=9"));
}

TEST(ClusterValues, QuestionsAndAnswersAreText) {
    EXPECT_EQ((LogQuestion{3, 9}.text()), "hash first=3 last=9");
    EXPECT_EQ(parse_log_question("hash first=3 last=9")->last_id, 9U);
    EXPECT_FALSE(parse_log_question("sum first=3 last=9"));
    EXPECT_EQ((LogAnswer{"ab", 3, 9}.text()), "hash=ab first=3 last=9");
    EXPECT_EQ(parse_log_answer("hash= first=3 last=9")->hash, "");
    EXPECT_FALSE(parse_log_answer("first=3 last=9"));
}

/// Returns how far the clock of node `own` is ahead, if these other nodes show these times.
std::optional<std::int64_t> ahead_ms(const std::vector<std::uint64_t>& others) {
    std::vector<RegisteredNode> nodes;
    for (const std::uint64_t clock_ms : others) {
        RegisteredNode node;
        node.name = std::to_string(nodes.size());
        node.record.clock_ms = clock_ms;
        node.is_fresh = true;
        nodes.push_back(node);
    }
    ClockCheck check{"own"};
    check.see(nodes, 1000, 700);
    return check.ahead_ms();
}

TEST(ClusterClock, IsComparedWithTheMedianOfTheOthers) {
    EXPECT_EQ(ahead_ms({}), std::nullopt);
    EXPECT_EQ(ahead_ms({900}), 100);
    EXPECT_EQ(ahead_ms({1'100, 900, 950}), 50);
    EXPECT_EQ(ahead_ms({500, 1'001}), -1) << "the nearer one of two";
}

TEST(ClusterClock, AnOldKeyDoesNotCount) {
    RegisteredNode node;
    node.name = "b";
    node.record.clock_ms = 500;
    node.is_alive = true;
    ClockCheck check{"own"};
    check.see({&node, 1}, 1000, 700);
    EXPECT_EQ(check.ahead_ms(), std::nullopt);
}

TEST(ClusterClock, AKeyIsReadOnlyAtItsArrival) {
    RegisteredNode node;
    node.name = "b";
    node.record.clock_ms = 1000;
    node.is_fresh = true;
    ClockCheck check{"own"};
    check.see({&node, 1}, 1010, 700);
    check.see({&node, 1}, 6000, 700);
    EXPECT_EQ(check.ahead_ms(), 10);
}

TEST(ClusterClock, AJumpOfTheOwnClockShowsBeforeAnotherNodeHasWrittenItsKeyAgain) {
    RegisteredNode node;
    node.name = "b";
    node.record.clock_ms = 1000;
    node.is_fresh = true;
    ClockCheck check{"own"};
    check.see({&node, 1}, 1010, 700);
    check.see({&node, 1}, 90'000, 89'000);
    EXPECT_EQ(check.ahead_ms(), 10 + 89'000 - 700);
}

}  // namespace
}  // namespace belfry::test
