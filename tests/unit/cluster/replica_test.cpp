#include "cluster/replica.hpp"

#include "cluster/check.hpp"
#include "store/open_log.hpp"
#include "tests/unit/cluster/node_fixture.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <fstream>
#include <future>
#include <memory>
#include <sstream>

namespace belfry::test {
namespace {

using shm::ClusterState;

/// A node with its segment, its store and its replica, in threads of this process.
class ReplicaNode {
  public:
    ReplicaNode(MemoryKeys& keys, const std::string& name, std::uint64_t incarnation)
        : keys_{&keys}, scratch_{plan(name, incarnation)} {
        for (const char* file : {"lock", "alive"}) std::ofstream{scratch_.data_dir() / file};
        store::enter_cluster(scratch_.data_dir(), "belfry", "e");
        start();
    }
    ReplicaNode(const ReplicaNode&) = delete;
    ReplicaNode& operator=(const ReplicaNode&) = delete;
    ~ReplicaNode() {
        if (!running_.valid()) return;
        engine_->set_silent(false);
        static_cast<void>(drain());
    }

    void start() {
        segment().set_stop(shm::StopWord::running);
        engine_ = std::make_unique<MemoryEngine>(*keys_);
        replica_ = std::make_unique<cluster::Replica>(segment(), scratch_.data_dir(), *engine_, "");
        running_ = std::async(std::launch::async, [this] { return replica_->run(); });
    }

    /// Drains the node as a stop does. @return what the replica has returned
    bool drain() {
        segment().set_stop(shm::StopWord::archiver_drains);
        shm::wake_archiver(segment());
        const bool is_drained = running_.get();
        replica_.reset();
        return is_drained;
    }

    void append(const std::string& entry) {
        if (shm::append_entry(segment(), entry) == 0) throw Failure{"the outbox is full"};
    }
    /// Logs ann in, as a session does, and waits until that is applied.
    void log_in(std::uint64_t login, std::uint64_t replaces = 0) {
        static_cast<void>(claimed_session(segment(), 0));
        segment().session(0).login = login;
        append(written_entry(2, "ann", login, replaces));
        if (!eventually([&] { return segment().client(0).login == login; })) {
            throw Failure{"the login was not applied"};
        }
    }
    void say(std::uint64_t login, std::uint64_t seq, const std::string& body) {
        append(written_entry(1, "ann", login, seq, 1000, body));
    }

    [[nodiscard]] shm::Segment& segment() { return scratch_.segment(); }
    [[nodiscard]] MemoryEngine& engine() { return *engine_; }
    [[nodiscard]] const std::filesystem::path& dir() const { return scratch_.data_dir(); }
    [[nodiscard]] ClusterState state() {
        return static_cast<ClusterState>(segment().cluster().state.load());
    }
    [[nodiscard]] bool works() {
        return eventually([this] {
            return state() == ClusterState::ok && segment().store_state() == shm::StoreState::works;
        });
    }
    [[nodiscard]] bool has(std::uint64_t last_id) {
        return eventually([&] { return segment().log().stored_id == last_id; });
    }
    [[nodiscard]] bool outbox_is_empty() {
        return eventually([this] { return segment().outbox().head == segment().outbox().end; });
    }
    [[nodiscard]] std::vector<KeptMessage> stored() const {
        store::StoreReader reader{dir()};
        std::vector<KeptMessage> kept;
        static_cast<void>(reader.read(1, shm::max_id, ScratchStore::keep_in(kept)));
        return kept;
    }
    void execute(const char* sql) const {
        store::Database{store::store_file(dir()), store::Database::Mode::write}.execute(sql);
    }

  private:
    static shm::SegmentPlan plan(const std::string& name, std::uint64_t incarnation) {
        shm::SegmentPlan plan = node_plan();
        plan.cluster->node = name;
        plan.cluster->incarnation = incarnation;
        return plan;
    }

    MemoryKeys* keys_;
    ScratchSegment scratch_;
    std::unique_ptr<MemoryEngine> engine_;
    std::unique_ptr<cluster::Replica> replica_;
    std::future<bool> running_;
};

class ReplicaTest : public ::testing::Test {
  protected:
    ReplicaTest() { keys_.put("settings", node_settings()); }

    /// Lets another node create a batch.
    void create(const cluster::Batch& batch) {
        keys_.put("alive/x", "x");
        MemoryEngine engine{keys_};
        const auto created = engine.create_batch(batch.key.incarnation, batch.key.position,
                                                 batch.bytes, {"x", "x", node_settings()});
        if (!created || created->outcome != cluster::Creation::Outcome::created)
            throw Failure{"the batch was not created"};
    }

    MemoryKeys keys_;
};

TEST_F(ReplicaTest, AMessageOfOneNodeIsStoredAndShownAtAll) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works());
    a.log_in(77);
    a.say(77, 1, "hello");
    ASSERT_TRUE(a.has(1) && b.has(1));
    EXPECT_EQ(a.stored(), (std::vector<KeptMessage>{{1, "ann", 1, 1000, "hello"}}));
    EXPECT_EQ(b.stored(), a.stored());
    EXPECT_EQ(b.segment().log().last_id, 1U);
    EXPECT_TRUE(shm::is_online(b.segment(), 0));
    EXPECT_TRUE(a.outbox_is_empty());
}

TEST_F(ReplicaTest, ADrainedNodeHasPublishedAndStoredEverythingAndIsNoLongerAlive) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    for (std::uint64_t seq = 1; seq <= 100; ++seq) a.say(77, seq, std::string(1000, 'x'));
    shm::reap_slot(a.segment(), 0);
    EXPECT_TRUE(a.drain());
    EXPECT_EQ(a.segment().store_state(), shm::StoreState::drained);
    EXPECT_TRUE(a.outbox_is_empty());
    EXPECT_EQ(a.stored().size(), 100U);
    EXPECT_TRUE(store::holds_whole_log(a.dir(), a.segment()));
    EXPECT_EQ(keys_.value("alive/a"), std::nullopt);
    EXPECT_EQ(a.segment().client(0).login, 0U) << "a killed session's login has ended";
}

TEST_F(ReplicaTest, ARestartedReplicaGoesOnWhereTheOutboxEnds) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    a.say(77, 1, "one");
    ASSERT_TRUE(a.has(1));
    ASSERT_TRUE(a.drain());
    a.say(77, 2, "two");
    a.start();
    ASSERT_TRUE(a.has(2));
    EXPECT_EQ(a.stored().back().body, "two");
}

TEST_F(ReplicaTest, ANodeThatWasAwayReadsWhatItHasMissed) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works());
    ASSERT_TRUE(b.drain());
    a.log_in(77);
    for (std::uint64_t seq = 1; seq <= 50; ++seq) a.say(77, seq, "x");
    ASSERT_TRUE(a.has(50));
    b.start();
    EXPECT_TRUE(b.has(50));
    EXPECT_TRUE(b.works());
    EXPECT_EQ(b.stored(), a.stored());
}

TEST_F(ReplicaTest, AStoreThatFailsRefusesNewMessagesAndLosesNone) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    a.execute(
        "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'full'); END");
    a.say(77, 1, "hello");
    ASSERT_TRUE(eventually([&] { return a.segment().store_state() == shm::StoreState::fails; }));
    EXPECT_EQ(a.segment().log().last_id, 0U) << "the ring never has what the database lacks";
    EXPECT_LT(a.segment().cluster().revision.load(),
              static_cast<std::uint64_t>(keys_.batches().back().key.revision))
        << "the revision is that of the database";
    a.execute("DROP TRIGGER full");
    EXPECT_TRUE(a.has(1));
    EXPECT_TRUE(a.works());
}

TEST_F(ReplicaTest, AnEntryOfANewerVersionStopsTheNodeBeforeIt) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    a.say(77, 1, "one");
    ASSERT_TRUE(a.has(1));
    a.append(written_entry(99, "a", 0, 0));
    a.say(77, 2, "two");
    ASSERT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    EXPECT_EQ(a.segment().log().last_id, 1U);
    EXPECT_FALSE(a.drain());
}

TEST_F(ReplicaTest, ANodeKnowsAfterARestartThatTheEngineWasSetBack) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    for (int put = 0; put < 100; ++put) keys_.put("node/b", "x");
    a.say(77, 1, "one");
    ASSERT_TRUE(a.has(1));
    ASSERT_TRUE(a.drain());
    keys_.wipe();  // and an older copy is restored
    keys_.put("settings", node_settings());
    a.start();
    ASSERT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    ASSERT_TRUE(a.drain());
    while (keys_.revision() < 1000) keys_.put("node/b", "x");
    a.start();
    EXPECT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    EXPECT_EQ(keys_.batches().size(), 0U);
}

TEST_F(ReplicaTest, ABatchWhosePredecessorIsMissingStopsTheNodeBeforeIt) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    WrittenOutbox b{"b", 0xb1};
    b.login("bob", 1);
    b.message("bob", 1, 1, "one");
    b.message("bob", 1, 2, "two");
    create(b.batch(0, 3, 0));
    ASSERT_TRUE(a.has(1));
    b.message("bob", 1, 3, "three");
    create(b.batch(4, 5, 0));
    ASSERT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    create(b.batch(3, 5, 0));
    EXPECT_TRUE(a.drain());
    EXPECT_EQ(a.stored().size(), 1U);
    a.start();
    EXPECT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }))
        << "it stops there again after a restart";
}

TEST_F(ReplicaTest, ADamagedBatchStopsItsNodeAndNoOther) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works() && b.outbox_is_empty());
    a.log_in(77);
    create({{0xb1, b.segment().outbox().end, 0}, "x"});
    ASSERT_TRUE(eventually([&] { return b.state() == ClusterState::stopped; }));
    EXPECT_TRUE(eventually([&] { return !keys_.value("alive/b"); }));
    a.say(77, 1, "one");
    EXPECT_TRUE(a.has(1) && b.has(1)) << "reading continues at the stopped node";
    EXPECT_EQ(a.state(), ClusterState::ok);
    EXPECT_TRUE(b.drain());
    b.start();
    EXPECT_TRUE(eventually([&] { return b.state() == ClusterState::stopped; }))
        << "it stops again after a restart";
}

TEST_F(ReplicaTest, ANodeWhoseSharedMemoryIsOlderThanItsEntriesInTheLogPublishesNothing) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    ASSERT_TRUE(a.outbox_is_empty());
    const std::uint64_t end = a.segment().outbox().end;
    // What this node has published after the snapshot to which it was set back.
    create({{0xa1, end, 0}, written_entry(1, "ann", 77, 1, 1000, std::string(500, 'x'))});
    ASSERT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    EXPECT_TRUE(a.has(1));
    EXPECT_EQ(a.segment().outbox().head, end);
    const std::size_t batches = keys_.batches().size();
    a.say(77, 2, "two");
    EXPECT_FALSE(a.drain());
    EXPECT_EQ(keys_.batches().size(), batches);
    a.start();
    EXPECT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }))
        << "it stops again after a restart";
}

TEST_F(ReplicaTest, ANodeWhosePlaceAnotherOneOfItsNameHasTakenStopsAndLeavesTheNameToIt) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    const WrittenOutbox successor{"a", 0xa2};
    create(successor.batch(0, 1, 0));  // while this one was cut off, for example
    ASSERT_TRUE(eventually([&] { return a.segment().client(0).login == 0; }));
    keys_.remove("alive/a");  // the later one is away too
    EXPECT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }));
    EXPECT_TRUE(eventually([&] { return !keys_.value("alive/a"); }));
    a.say(77, 1, "late");
    EXPECT_FALSE(a.drain());
    a.start();
    EXPECT_TRUE(eventually([&] { return a.state() == ClusterState::stopped; }))
        << "it stops again after a restart";
    EXPECT_TRUE(eventually([&] { return !keys_.value("alive/a"); }));
}

TEST_F(ReplicaTest, WithoutAnEngineTheNodeCannotDrainWhatItHasAccepted) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    a.engine().set_silent(true);
    a.say(77, 1, "one");
    EXPECT_FALSE(a.drain());
    EXPECT_NE(a.segment().store_state(), shm::StoreState::drained);
    EXPECT_EQ(a.state(), ClusterState::no_engine);
}

TEST_F(ReplicaTest, ANodeGoesOnByItselfWhenTheEngineAnswersAgain) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    a.log_in(77);
    a.engine().set_silent(true);
    a.say(77, 1, "one");
    ASSERT_TRUE(eventually([&] { return a.state() == ClusterState::no_engine; }));
    a.engine().set_silent(false);
    EXPECT_TRUE(a.has(1));
    EXPECT_TRUE(a.works());
}

TEST_F(ReplicaTest, ALoginOfAKilledSessionEndsAtAllNodes) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works());
    a.log_in(77);
    ASSERT_TRUE(eventually([&] { return shm::is_online(b.segment(), 0); }));
    shm::reap_slot(a.segment(), 0);
    EXPECT_TRUE(eventually([&] { return !shm::is_online(b.segment(), 0); }));
}

TEST_F(ReplicaTest, RetentionDeletesTheSameMessagesAtAllNodes) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works());
    a.log_in(77);
    for (std::uint64_t seq = 1; seq <= 3000; ++seq) a.say(77, seq, "x");
    ASSERT_TRUE(a.has(3000) && b.has(3000));
    for (ReplicaNode* node : {&a, &b}) node->segment().archiver().keep_messages = 10;
    for (ReplicaNode* node : {&a, &b}) {
        EXPECT_TRUE(eventually([&] { return node->segment().log().first_id == 2991; }));
        EXPECT_TRUE(eventually([&] { return store::StoreReader{node->dir()}.first_id() == 2991; }));
    }
}

TEST_F(ReplicaTest, ANodeWhoseClockIsWrongDoesNotDecideWhatIsDeleted) {
    ReplicaNode a{keys_, "a", 0xa1};
    ASSERT_TRUE(a.works());
    ASSERT_TRUE(eventually([this] { return keys_.value("window").has_value(); }));
    keys_.put("alive/b", "1");
    keys_.put(
        "node/b",
        cluster::NodeRecord{.address = "", .version = "1", .epoch = "e", .clock_ms = 1}.text());
    EXPECT_TRUE(eventually([this] { return !keys_.value("window"); }));
}

TEST_F(ReplicaTest, AllNodesAnswerWhatTheirMessagesAre) {
    ReplicaNode a{keys_, "a", 0xa1};
    ReplicaNode b{keys_, "b", 0xb1};
    ASSERT_TRUE(a.works() && b.works());
    a.log_in(77);
    for (std::uint64_t seq = 1; seq <= 20; ++seq) a.say(77, seq, "x");
    ASSERT_TRUE(a.has(20) && b.has(20));
    MemoryEngine asker{keys_};
    const auto has_all = [&] {  // the nodes' keys are up to 5 s old
        std::ostringstream out;
        const bool are_equal = cluster::check(out, asker, false);
        return are_equal && out.str().find("messages 1 to 20") != std::string::npos;
    };
    EXPECT_TRUE(eventually(has_all, default_wait, Milliseconds{200}));
    b.execute("UPDATE messages SET body = 'y' WHERE id = 7");
    std::ostringstream out;
    EXPECT_FALSE(cluster::check(out, asker, true));
    EXPECT_NE(out.str().find("\"verdict\":\"different\""), std::string::npos) << out.str();
}

}  // namespace
}  // namespace belfry::test
