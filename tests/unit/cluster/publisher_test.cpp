#include "cluster/publisher.hpp"

#include "tests/unit/cluster/node_fixture.hpp"

#include <memory>

namespace belfry::test {
namespace {

using cluster::EngineError;
using cluster::Fence;

class PublisherTest : public NodeTest {
  protected:
    PublisherTest() {
        keys_.put("alive/a", node_incarnation_text);
        enter();
    }

    /// Makes the node a member, as the heartbeat does.
    void enter() { membership_.set(Fence{"a", node_incarnation_text, node_settings()}); }

    /// Starts a publisher, in the place of one that was killed.
    void start() {
        thread_.reset();
        publisher_ = std::make_unique<cluster::Publisher>(segment(), engine_, membership_, status_);
        thread_ = std::make_unique<TestThread>(
            [this](const std::stop_token& stop) { publisher_->run(stop); },
            [this] { shm::wake_everybody(segment()); });
    }
    void kill() { thread_.reset(); }

    [[nodiscard]] bool has_published(const std::string& bytes) {
        return eventually([&] { return published() == bytes; });
    }

    std::unique_ptr<cluster::Publisher> publisher_;
    std::unique_ptr<TestThread> thread_;
};

TEST_F(PublisherTest, PublishesEntriesInTheirOrder) {
    start();
    std::string appended;
    for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
        appended += append(seq);
        if (seq % 100 == 0) shm::publish_applied(segment(), segment().cluster().published);
    }
    EXPECT_TRUE(has_published(appended));
    EXPECT_TRUE(eventually([&] { return segment().cluster().published == appended.size(); }));
}

TEST_F(PublisherTest, ABatchHasAsManyWholeEntriesAsThereAreUpTo128KiB) {
    std::string appended;
    for (std::uint64_t seq = 1; seq <= 40; ++seq) appended += append(seq, 8000);
    start();
    ASSERT_TRUE(has_published(appended));
    const std::size_t entry = appended.size() / 40;
    const auto batches = keys_.batches();
    ASSERT_EQ(batches.size(), 3U);
    EXPECT_EQ(batches[0].bytes.size(), 16 * entry);
    EXPECT_EQ(batches[1].bytes.size(), 16 * entry);
    EXPECT_EQ(batches[2].bytes.size(), 8 * entry);
}

TEST_F(PublisherTest, AnEntryLargerThan128KiBIsABatchOfItsOwn) {
    std::string appended = append(1);
    appended += append(2, 200'000);
    appended += append(3);
    start();
    ASSERT_TRUE(has_published(appended));
    EXPECT_EQ(keys_.batches().size(), 3U);
}

TEST_F(PublisherTest, ABatchWhoseAnswerWasLostIsNotPublishedTwice) {
    engine_.lose_answers(1);
    std::string appended = append(1);
    start();
    ASSERT_TRUE(has_published(appended));
    appended += append(2);  // would be in the next attempt at the same position
    ASSERT_TRUE(eventually([&] { return engine_.attempts() >= 2; }));
    EXPECT_EQ(keys_.batches().size(), 1U) << "it waits until the batch was applied";
    shm::publish_applied(segment(), keys_.batches().front().bytes.size());
    EXPECT_TRUE(has_published(appended));
    EXPECT_EQ(keys_.batches().size(), 2U);
}

TEST_F(PublisherTest, AfterARestartItGoesOnBehindABatchThatHasFewerEntries) {
    std::string appended = append(1);
    appended += append(2);
    start();
    ASSERT_TRUE(has_published(appended));
    kill();  // before the batch was applied
    const std::size_t first_batch = keys_.batches().front().bytes.size();
    for (std::uint64_t seq = 3; seq <= 10; ++seq) appended += append(seq);
    const std::size_t attempts = engine_.attempts();
    start();
    ASSERT_TRUE(eventually([&] { return engine_.attempts() > attempts; }));
    shm::publish_applied(segment(), first_batch);
    EXPECT_TRUE(has_published(appended));
}

TEST_F(PublisherTest, AfterARestartItGoesOnAtTheHeadOfTheOutbox) {
    std::string appended = append(1);
    start();
    ASSERT_TRUE(has_published(appended));
    kill();
    shm::publish_applied(segment(), appended.size());
    appended += append(2);
    start();
    EXPECT_TRUE(has_published(appended));
}

TEST_F(PublisherTest, WhatWasAppliedAfterALostAnswerIsNotReadAgain) {
    engine_.set_silent(true);
    start();
    append(1);
    ASSERT_TRUE(eventually([&] { return engine_.attempts() >= 1; }));
    // The lost call has created the batch after all, and sessions write over its bytes.
    const std::uint64_t applied = outbox().end;
    shm::publish_applied(segment(), applied);
    const std::uint64_t limit = applied + segment().outbox_ring().size();
    std::string appended;
    std::uint64_t seq = 2;
    while (outbox().end + 9000 < limit) appended += append(seq++, 8000);
    while (outbox().end + applied <= limit) appended += append(seq++);
    ASSERT_GT(outbox().end, segment().outbox_ring().size()) << "the ring has not wrapped";
    engine_.set_silent(false);
    EXPECT_TRUE(eventually([&] { return segment().cluster().published == outbox().end; }));
    std::string bytes;
    for (const cluster::Batch& batch : keys_.batches()) {
        EXPECT_EQ(batch.key.position, applied + bytes.size());
        bytes += batch.bytes;
    }
    EXPECT_EQ(bytes, appended);
}

TEST_F(PublisherTest, PublishesNothingWhileAnotherIncarnationHoldsItsKey) {
    keys_.put("alive/a", "00000000000000b2");
    start();
    const std::string appended = append(1);
    ASSERT_TRUE(eventually([&] { return engine_.attempts() == 1; }));
    std::stop_source stop;
    membership_.wait_for_refusal(stop.get_token(), Clock::now() + std::chrono::hours{1});
    EXPECT_EQ(published(), "");
    keys_.put("alive/a", node_incarnation_text);
    enter();
    EXPECT_TRUE(has_published(appended));
    EXPECT_EQ(engine_.attempts(), 2U) << "it asks again only when the heartbeat has looked";
}

TEST_F(PublisherTest, PublishesNothingIntoAnEngineThatWasWiped) {
    keys_.wipe();
    keys_.put("settings", "epoch=f max-payload=1 rules=1 base=0");
    keys_.put("alive/a", node_incarnation_text);
    start();
    append(1);
    ASSERT_TRUE(eventually([&] { return engine_.attempts() == 1; }));
    std::stop_source stop;
    membership_.wait_for_refusal(stop.get_token(), Clock::now() + std::chrono::hours{1});
    EXPECT_EQ(published(), "");
}

TEST_F(PublisherTest, AnEngineThatIsFullStopsTheNodeUntilItHasRoom) {
    status_.answered(Clock::now());
    status_.see_revision(1);
    engine_.fail_batches(cluster::EngineFailure{EngineError::full, "etcd is full"});
    start();
    const std::string appended = append(1);
    ASSERT_TRUE(eventually([&] { return state() == shm::ClusterState::stopped; }));
    EXPECT_EQ(segment().store_state(), shm::StoreState::fails);
    EXPECT_TRUE(lines_.has("etcd is full"));
    engine_.fail_batches({});
    EXPECT_TRUE(has_published(appended));
    EXPECT_TRUE(eventually([&] { return !status_.has(cluster::Problem::publishing); }));
    EXPECT_EQ(lines_.count("etcd is full"), 1U);
}

TEST_F(PublisherTest, AnEngineThatDoesNotAnswerIsAskedAgain) {
    engine_.set_silent(true);
    start();
    const std::string appended = append(1);
    ASSERT_TRUE(eventually([&] { return engine_.attempts() >= 3; }));
    engine_.set_silent(false);
    EXPECT_TRUE(has_published(appended));
}

}  // namespace
}  // namespace belfry::test
