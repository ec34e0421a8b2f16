#include "cluster/status.hpp"

#include "tests/unit/cluster/node_fixture.hpp"

namespace belfry::test {
namespace {

using cluster::Problem;
using shm::ClusterState;
using shm::StoreState;
using std::chrono::seconds;

/// The clock of the status runs as the test wants.
class ReplicaStatus : public NodeTest {
  protected:
    void pass(std::chrono::milliseconds time) {
        now_ += time;
        status_.look(now_);
    }
    void answer() { status_.answered(now_); }
    /// The engine has this revision, and everything up to it is stored here.
    void store(cluster::Revision revision) {
        status_.see_revision(revision);
        segment().cluster().revision = static_cast<std::uint64_t>(revision);
    }
    void expect(ClusterState state, StoreState store) {
        EXPECT_EQ(this->state(), state);
        EXPECT_EQ(segment().store_state(), store);
    }
    /// The node works.
    void begin() {
        answer();
        store(10);
        pass(seconds{0});
    }

    Clock::time_point now_ = Clock::now();
};

TEST_F(ReplicaStatus, RefusesEverythingUntilTheEngineHasAnswered) {
    expect(ClusterState::no_engine, StoreState::fails);
    pass(seconds{1});
    expect(ClusterState::no_engine, StoreState::fails);
    EXPECT_TRUE(lines_.all().empty()) << "it has not been silent for long";
    pass(seconds{5});
    EXPECT_TRUE(lines_.has("etcd has not answered for 5 s"));
    EXPECT_EQ(lines_.all().size(), 1U);
}

TEST_F(ReplicaStatus, SaysWhyTheEngineDoesNotAnswer) {
    begin();
    status_.set_failure("etcd at URL: the certificate FILE has expired");
    pass(seconds{6});
    EXPECT_TRUE(
        lines_.has("has not answered for 5 s (etcd at URL: the certificate FILE has expired); "
                   "logins and new messages are refused"));
}

TEST_F(ReplicaStatus, OfANewReplicaIsThatOfTheEarlierOneUntilTheEngineIsSilentFor5Seconds) {
    begin();
    expect(ClusterState::ok, StoreState::works);
    cluster::Status later{segment(), [](LogLevel, const std::string&) {}};
    later.look(Clock::now());
    expect(ClusterState::ok, StoreState::works);
    later.look(Clock::now() + seconds{6});
    expect(ClusterState::no_engine, StoreState::fails);
}

TEST_F(ReplicaStatus, WorksWhenWhatTheEngineHadAtFirstIsStored) {
    answer();
    status_.see_revision(10);
    segment().cluster().revision = 9;
    pass(seconds{0});
    expect(ClusterState::behind, StoreState::works);
    segment().cluster().revision = 10;
    status_.see_revision(11);
    pass(seconds{0});
    expect(ClusterState::ok, StoreState::works);
    EXPECT_TRUE(lines_.has("the cluster works"));
}

TEST_F(ReplicaStatus, AnEngineThatIsSilentFor5SecondsIsNoEngine) {
    begin();
    expect(ClusterState::ok, StoreState::works);
    pass(seconds{5});
    expect(ClusterState::ok, StoreState::works);
    pass(seconds{1});
    expect(ClusterState::no_engine, StoreState::fails);
    EXPECT_TRUE(lines_.has("etcd has not answered for 5 s"));
    answer();
    pass(seconds{0});
    expect(ClusterState::no_engine, StoreState::fails);  // it may be behind
    store(12);
    pass(seconds{0});
    expect(ClusterState::ok, StoreState::works);
    EXPECT_TRUE(lines_.has("the cluster works again"));
    EXPECT_EQ(lines_.all().size(), 3U) << "one line for each change";
}

TEST_F(ReplicaStatus, ANodeIsBehindIfItLacksWhatTheEngineHad5SecondsAgo) {
    begin();
    status_.see_revision(20);
    for (int second = 0; second < 5; ++second) {
        answer();
        pass(seconds{1});
        expect(ClusterState::ok, StoreState::works);
    }
    answer();
    pass(seconds{1});
    expect(ClusterState::behind, StoreState::works);
    store(20);
    pass(seconds{0});
    expect(ClusterState::ok, StoreState::works);
    EXPECT_TRUE(lines_.has("messages of other nodes are missing here"));
}

TEST_F(ReplicaStatus, ANodeThatStoresWhatComesIsNotBehindHoweverMuchComes) {
    begin();
    for (cluster::Revision revision = 100; revision < 10'000; revision += 100) {
        answer();
        status_.see_revision(revision);
        segment().cluster().revision = static_cast<std::uint64_t>(revision - 200);
        pass(seconds{1});
        EXPECT_TRUE(revision <= 600 || state() == ClusterState::ok) << revision;
    }
}

TEST_F(ReplicaStatus, AProblemStopsTheNodeUntilItIsSolved) {
    begin();
    status_.set(Problem::fence, "another node is called a; stop it");
    expect(ClusterState::stopped, StoreState::fails);
    pass(seconds{1});
    EXPECT_TRUE(lines_.has("another node is called a; stop it"));
    EXPECT_EQ(lines_.all().size(), 2U);
    status_.set(Problem::fence, {});
    answer();
    store(30);
    pass(seconds{0});
    expect(ClusterState::ok, StoreState::works);
}

TEST_F(ReplicaStatus, AStoreThatFailsRefusesNewMessagesOnly) {
    begin();
    status_.set(Problem::store, "the disk is full");
    expect(ClusterState::ok, StoreState::fails);
    EXPECT_TRUE(lines_.has("the disk is full; new messages are refused in the meantime"));
    status_.set(Problem::store, {});
    expect(ClusterState::ok, StoreState::works);
    EXPECT_TRUE(lines_.has("the store works again"));
}

TEST_F(ReplicaStatus, AWrongClockRefusesNewMessagesOnly) {
    begin();
    status_.set(Problem::clock, "the clock is wrong");
    expect(ClusterState::ok, StoreState::fails);
    status_.set(Problem::clock, {});
    expect(ClusterState::ok, StoreState::works);
}

TEST_F(ReplicaStatus, AfterADrainTheStoreStaysDrained) {
    begin();
    status_.drained();
    pass(seconds{10});
    expect(ClusterState::no_engine, StoreState::drained);
}

}  // namespace
}  // namespace belfry::test
