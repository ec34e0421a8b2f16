#include "cluster/heartbeat.hpp"

#include "base/clock.hpp"
#include "cluster/text_fields.hpp"
#include "tests/unit/cluster/node_fixture.hpp"

#include <optional>

namespace belfry::test {
namespace {

using cluster::NodeRecord;
using cluster::Problem;
using shm::ClusterState;

class HeartbeatTest : public NodeTest {
  protected:
    HeartbeatTest() { start(); }

    /// Starts the heartbeat of a new process of this node.
    void start() {
        heartbeat_.emplace(segment(), engine_, membership_, status_, stored_, "a.example:5000");
    }
    /// Returns the fence with which the publisher may publish now; nothing if it may not.
    [[nodiscard]] std::optional<cluster::Fence> fence() { return membership_.fence(); }
    /// Another node writes its record.
    void write_record(const std::string& node, std::uint64_t clock_ms) {
        NodeRecord record{.address = "", .version = "1", .epoch = "e", .clock_ms = clock_ms};
        keys_.put("node/" + node, record.text());
    }
    [[nodiscard]] bool is_alive(const std::string& node) {
        const auto row = cluster::row_of_node(segment(), node);
        return segment().cluster().nodes[row.value()].is_alive != 0;
    }

    std::optional<cluster::Heartbeat> heartbeat_;
};

TEST_F(HeartbeatTest, MakesTheNodeAMemberAndTellsTheOthers) {
    stored_.last_id = 7;
    heartbeat_->beat();
    EXPECT_EQ(keys_.value("alive/a"), node_incarnation_text);
    const auto record = cluster::parse_node_record(keys_.value("node/a").value_or(""));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->address, "a.example:5000");
    EXPECT_EQ(record->epoch, "e");
    EXPECT_EQ(record->last_id, 7U);
    EXPECT_EQ(record->incarnation, node_incarnation);
    const auto fence = this->fence();
    ASSERT_TRUE(fence);
    EXPECT_EQ(fence->node, "a");
    EXPECT_EQ(fence->incarnation, node_incarnation_text);
    EXPECT_EQ(fence->settings, node_settings());
    heartbeat_->beat();
    EXPECT_TRUE(is_alive("a"));
}

TEST_F(HeartbeatTest, ANewProcessOfTheSameSegmentTakesItsKeyAtOnce) {
    heartbeat_->beat();
    const cluster::Lease old = heartbeat_->lease();
    start();
    heartbeat_->beat();
    EXPECT_TRUE(fence());
    keys_.end_lease(old);
    EXPECT_EQ(keys_.value("alive/a"), node_incarnation_text) << "the key is under the new lease";
}

TEST_F(HeartbeatTest, ALeaseThatHasEndedIsReplaced) {
    heartbeat_->beat();
    keys_.end_lease(heartbeat_->lease());
    EXPECT_EQ(keys_.value("alive/a"), std::nullopt);
    heartbeat_->beat();
    EXPECT_EQ(keys_.value("alive/a"), node_incarnation_text);
    EXPECT_TRUE(fence());
}

TEST_F(HeartbeatTest, ANodeIsRegisteredUnderALeaseOfItsOwnThatOutlivesIt) {
    const auto lease = [this] { return engine_.read("node/a")->values.at(0).lease; };
    heartbeat_->beat();
    const cluster::Lease first = lease();
    EXPECT_NE(first, 0);
    keys_.end_lease(heartbeat_->lease());
    EXPECT_TRUE(keys_.value("node/a")) << "it is dead, but registered";
    start();
    heartbeat_->beat();
    EXPECT_EQ(lease(), first) << "it is extended, and not replaced";
    keys_.end_lease(first);
    EXPECT_FALSE(keys_.value("node/a"));
    start();
    heartbeat_->beat();
    EXPECT_NE(lease(), first);
}

TEST_F(HeartbeatTest, NeverTakesTheKeyOfAnotherIncarnation) {
    keys_.put("alive/a", "00000000000000b2");
    heartbeat_->beat();
    EXPECT_EQ(keys_.value("alive/a"), "00000000000000b2");
    EXPECT_FALSE(fence());
    EXPECT_FALSE(status_.has(Problem::fence)) << "it may be an old lease, which ends";
    keys_.remove("alive/a");
    heartbeat_->beat();
    EXPECT_TRUE(fence());
}

TEST_F(HeartbeatTest, AnotherLivingNodeOfThisNameStopsThisOne) {
    keys_.put("alive/a", "00000000000000b2");
    EXPECT_TRUE(eventually(
        [&] {
            heartbeat_->beat();
            return status_.has(Problem::fence);
        },
        Milliseconds{20'000}, Milliseconds{100}));
    EXPECT_TRUE(lines_.has("another living node of the cluster is called a"));
    keys_.remove("alive/a");
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::fence));
}

TEST_F(HeartbeatTest, AnEngineThatHasLostItsSettingsStopsTheNodeWhichStillTellsWhatItHasStored) {
    heartbeat_->beat();
    keys_.wipe();
    heartbeat_->beat();
    EXPECT_EQ(state(), ClusterState::stopped);
    EXPECT_TRUE(lines_.has("belfryctl cluster reseed"));
    EXPECT_FALSE(fence());
    EXPECT_TRUE(eventually(
        [&] {
            heartbeat_->beat();
            return keys_.value("node/a").has_value();
        },
        default_wait, Milliseconds{100}));
    EXPECT_EQ(keys_.value("settings"), std::nullopt);
}

TEST_F(HeartbeatTest, ANodeLeavesNoKeyInAClusterOfAnotherEpoch) {
    heartbeat_->beat();
    keys_.put("settings", "epoch=f max-payload=8192 rules=1 base=0");
    heartbeat_->beat();
    EXPECT_TRUE(lines_.has("the cluster has the epoch f"));
    EXPECT_EQ(keys_.value("alive/a"), std::nullopt);
    EXPECT_FALSE(fence());
    keys_.put("settings", node_settings());
    heartbeat_->beat();
    EXPECT_TRUE(fence());
}

TEST_F(HeartbeatTest, ANodeWithAnotherMaxPayloadPublishesNothing) {
    keys_.put("settings", "epoch=e max-payload=8191 rules=1 base=0");
    heartbeat_->beat();
    EXPECT_TRUE(lines_.has("--max-payload"));
    EXPECT_FALSE(fence());
}

TEST_F(HeartbeatTest, RulesThatThisProgramDoesNotKnowAskForAnUpgrade) {
    keys_.put("settings", "epoch=e max-payload=8192 rules=2 base=0");
    heartbeat_->beat();
    EXPECT_TRUE(lines_.has("upgrade"));
    EXPECT_FALSE(fence());
}

TEST_F(HeartbeatTest, AnEngineBelowTheStoredRevisionHasLostData) {
    stored_.revision = 1000;
    heartbeat_->beat();
    EXPECT_TRUE(lines_.has("etcd has lost data"));
    EXPECT_FALSE(fence());
}

TEST_F(HeartbeatTest, AnEngineThatWasSetBackStaysSoWhenItsRevisionHasRisenAgain) {
    heartbeat_->beat();
    stored_.revision = 1000;
    heartbeat_->beat();
    while (keys_.revision() < 1000) keys_.put("node/b", "x");
    heartbeat_->beat();
    EXPECT_EQ(state(), ClusterState::stopped);
    EXPECT_FALSE(fence());
    EXPECT_FALSE(membership_.has_settings()) << "nothing is read from its log";
}

TEST_F(HeartbeatTest, ANodeNoticesThatTheEngineWasSetBackWhileItWasAway) {
    heartbeat_->beat();
    const cluster::Revision record = stored_.record;
    EXPECT_EQ(record, keys_.revision());
    keys_.wipe();  // and an older copy is restored
    keys_.put("settings", node_settings());
    keys_.put("node/a", "x");
    while (keys_.revision() < record + 10) keys_.put("node/b", "x");
    heartbeat_->beat();
    EXPECT_TRUE(lines_.has("etcd has lost data"));
    EXPECT_FALSE(fence());
    EXPECT_EQ(stored_.record, cluster::lost_record);
}

TEST_F(HeartbeatTest, ANodeWhoseKeyWasDeletedIsAMemberAgain) {
    heartbeat_->beat();
    keys_.remove("node/a");
    heartbeat_->beat();
    EXPECT_TRUE(fence());
}

/// An engine in which the log grows, and is stored, while its answer is on the way.
class GrowingEngine : public MemoryEngine {
  public:
    GrowingEngine(MemoryKeys& keys, cluster::StoredLog& stored)
        : MemoryEngine{keys}, stored_{&stored} {}

    cluster::Answer<cluster::Values> read(std::string_view key) override {
        auto values = MemoryEngine::read(key);
        stored_->revision = values->revision + 1;
        return values;
    }

  private:
    cluster::StoredLog* stored_;
};

TEST_F(HeartbeatTest, WhatIsStoredWhileTheEngineAnswersIsNoLoss) {
    GrowingEngine engine{keys_, stored_};
    heartbeat_.emplace(segment(), engine, membership_, status_, stored_, "");
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::settings));
    EXPECT_TRUE(fence());
}

TEST_F(HeartbeatTest, AnnouncesPresenceWhenANodeComesOrGoes) {
    heartbeat_->beat();
    heartbeat_->beat();
    const std::uint32_t count = shm::presence_count(segment());
    write_record("b", base::unix_ms());
    keys_.put("alive/b", "00000000000000b1");
    heartbeat_->beat();
    EXPECT_TRUE(is_alive("b"));
    EXPECT_NE(shm::presence_count(segment()), count);
    keys_.remove("alive/b");
    heartbeat_->beat();
    EXPECT_FALSE(is_alive("b"));
    EXPECT_EQ(shm::presence_count(segment()), count + 2);
}

TEST_F(HeartbeatTest, ShowsALivingNodeHoweverManyNodesHaveDied) {
    for (int node = 0; node < 40; ++node) write_record("old" + std::to_string(node), 0);
    heartbeat_->beat();
    keys_.put("alive/new", "00000000000000b1");
    write_record("new", base::unix_ms());
    heartbeat_->beat();
    EXPECT_TRUE(is_alive("new"));
    EXPECT_TRUE(is_alive("a"));
    heartbeat_->beat();
    EXPECT_TRUE(is_alive("new"));
}

TEST_F(HeartbeatTest, ANodeWhoseClockIsAMinuteOffRefusesNewMessages) {
    const std::int64_t offset_ms = segment().archiver().clock_offset_ms - 3000;
    segment().archiver().clock_offset_ms = offset_ms;
    for (const char* node : {"b", "c"}) {
        keys_.put(std::string{"alive/"} + node, "1");
        write_record(node, base::unix_ms() + 86'400'000);
    }
    heartbeat_->beat();
    EXPECT_TRUE(status_.has(Problem::clock));
    EXPECT_TRUE(lines_.has("s behind those of the other nodes"));
    EXPECT_EQ(segment().archiver().clock_offset_ms, offset_ms) << "messages keep the right time";
    for (const char* node : {"b", "c"}) write_record(node, base::unix_ms());
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::clock));
    EXPECT_NEAR(static_cast<double>(segment().archiver().clock_offset_ms),
                static_cast<double>(base::clock_offset_ms()), 1000);
}

TEST_F(HeartbeatTest, AJumpOfTheClockIsNotTakenAsRightWhileNoOtherNodeIsAlive) {
    std::atomic<std::int64_t>& known_ms = segment().archiver().clock_offset_ms;
    const std::int64_t before_jump = base::clock_offset_ms() - 2 * 3'600'000;
    known_ms = before_jump;
    heartbeat_->beat();
    EXPECT_EQ(known_ms, before_jump);
    keys_.put("alive/b", "1");
    write_record("b", base::unix_ms());
    heartbeat_->beat();
    EXPECT_NEAR(static_cast<double>(known_ms), static_cast<double>(base::clock_offset_ms()), 1000);
}

TEST_F(HeartbeatTest, ASmallCorrectionOfTheClockIsTakenAsRight) {
    std::atomic<std::int64_t>& known_ms = segment().archiver().clock_offset_ms;
    known_ms = base::clock_offset_ms() - 60'000;
    heartbeat_->beat();
    EXPECT_NEAR(static_cast<double>(known_ms), static_cast<double>(base::clock_offset_ms()), 1000);
}

TEST_F(HeartbeatTest, ANodeWhoseClockIsRightMindsNoOtherThatIsWrong) {
    for (const char* node : {"b", "c"}) keys_.put(std::string{"alive/"} + node, "1");
    write_record("b", base::unix_ms() + 86'400'000);
    write_record("c", base::unix_ms());
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::clock));
}

TEST_F(HeartbeatTest, TheRecordThatAnEarlierLifeOfANodeHasLeftSaysNothingAboutClocks) {
    write_record("b", base::unix_ms() - 3'600'000);
    keys_.put("alive/b", "1");  // it has started again, and has not told anything yet
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::clock));
    EXPECT_TRUE(is_alive("b"));
}

/// An engine that has reached its quota: it can be read, and leases go on.
class FullEngine : public MemoryEngine {
  public:
    using MemoryEngine::MemoryEngine;

    cluster::Answer<cluster::Revision> put(std::string_view, std::string_view,
                                           cluster::Lease) override {
        return failure();
    }
    cluster::Answer<bool> create(std::string_view, std::string_view, cluster::Lease) override {
        return failure();
    }

  private:
    static cluster::EngineFailure failure() { return {cluster::EngineError::full, "etcd is full"}; }
};

TEST_F(HeartbeatTest, AFullEngineStopsTheNodeUntilItHasRoom) {
    FullEngine full{keys_};
    heartbeat_.emplace(segment(), full, membership_, status_, stored_, "");
    heartbeat_->beat();
    EXPECT_EQ(state(), ClusterState::stopped);
    EXPECT_TRUE(lines_.has("etcd is full"));
    start();
    heartbeat_->beat();
    EXPECT_NE(state(), ClusterState::stopped);
    EXPECT_TRUE(fence());
}

TEST_F(HeartbeatTest, AnEngineThatDoesNotAnswerIsNoProblemOfItsOwn) {
    heartbeat_->beat();
    engine_.set_silent(true);
    heartbeat_->beat();
    EXPECT_FALSE(status_.has(Problem::settings));
    EXPECT_FALSE(status_.has(Problem::access));
}

}  // namespace
}  // namespace belfry::test
