#include "store/cluster_writer.hpp"

#include "store/backup.hpp"
#include "store/new_database.hpp"
#include "store/open_log.hpp"
#include "store/saved_cluster.hpp"
#include "store/seq_reset.hpp"
#include "store/store_check.hpp"
#include "store/store_reader.hpp"
#include "tests/unit/cluster/applying_node.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

using Kind = store::StoreError::Kind;

class ClusterWriter : public ClusterTest {};

store::SavedCluster saved_in(const std::filesystem::path& dir) {
    store::Database database = store::open_to_read(dir);
    return *store::read_saved_cluster(database);
}

TEST_F(ClusterWriter, StoresMessagesAndStateAtOnePoint) {
    a_.login("ann", 1);
    a_.message("ann", 1, 3, "one", 1111);
    a_.cursor("ann", 1, 1);
    expect_applied(a_);
    const store::SavedCluster saved = saved_in(dir());
    EXPECT_EQ(saved.name, "belfry");
    EXPECT_EQ(saved.position, (store::ClusterPosition{1, 1, 1111, 1}));
    EXPECT_EQ(saved.clients, (std::vector<store::ClusterClient>{{"ann", 1, 3, 3, 1, "a"}}));
    EXPECT_EQ(
        saved.nodes,
        (std::vector<store::ClusterNode>{{"a", own_incarnation, a_.bytes().size(), "a:5000"}}));
    EXPECT_EQ(cluster::state_of(saved), replica_->state());
}

TEST_F(ClusterWriter, WhatWasNotCommittedIsGone) {
    a_.login("ann", 1);
    expect_applied(a_);
    const cluster::State before = replica_->state();
    a_.message("ann", 1, 1, "one");
    static_cast<void>(replica_->apply(a_.next_batch(++revision_)));
    start();
    EXPECT_EQ(replica_->state(), before);
    EXPECT_TRUE(stored().empty());
}

TEST_F(ClusterWriter, TheRevisionAloneCanBeStored) {
    a_.login("ann", 1);
    expect_applied(a_);
    cluster::State idle = replica_->state();
    idle.position.revision = 77;
    replica_->writer().commit(cluster::step_of(idle, {}));
    EXPECT_EQ(saved_in(dir()).position.revision, 77);
}

TEST_F(ClusterWriter, APlainReaderSeesTheRightSeqsAndCursors) {
    constexpr std::uint64_t far = std::uint64_t{1} << 62;
    a_.login("ann", 1);
    a_.message("ann", 1, far, "free");
    a_.message("ann", 1, far + 9, "far");
    a_.cursor("ann", 1, 2);
    a_.reset_seq("ann");
    expect_applied(a_);
    const store::SavedLog log = store::StoreReader{dir()}.saved_log();
    ASSERT_EQ(log.clients.size(), 1U);
    EXPECT_EQ(log.clients[0].seq, far);
    EXPECT_EQ(log.clients[0].cursor, 2U);
    EXPECT_EQ(log.last_id, 2U);
    EXPECT_EQ(store::problems_in_store(dir()), std::vector<std::string>{});
    EXPECT_EQ(store::problems_between(dir(), segment(), true), std::vector<std::string>{});
}

TEST_F(ClusterWriter, ABackupHoldsStateAndRevision) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    TempDir other;
    {
        store::NewDatabase copy{store::store_file(other.path())};
        store::back_up(dir(), copy.fd(), "copy");
        copy.install();
    }
    EXPECT_EQ(cluster::state_of(saved_in(other.path())), replica_->state());

    // A node that begins from it continues with the same ids.
    shm::SegmentPlan plan = cluster_plan(1);
    plan.cluster->node = "c";
    plan.cluster->incarnation = 0xc1;
    ScratchSegment segment{plan};
    std::filesystem::copy_file(store::store_file(other.path()),
                               store::store_file(segment.data_dir()));
    static_cast<void>(store::open_log(segment.data_dir(), shm::Durability::commit, "new"));
    std::vector<std::string> said;
    TestReplica replica{segment.segment(), segment.data_dir(), said};
    replica.start();
    a_.message("ann", 1, 2, "two");
    fill_outbox();
    const cluster::Batch batch = a_.next_batch(++revision_);
    EXPECT_EQ(replica.take(batch), cluster::Verdict::applied);
    EXPECT_EQ(replica_->take(batch), cluster::Verdict::applied);
    EXPECT_EQ(replica.state(), replica_->state());
    EXPECT_EQ(segment.log().last_id, 2U);
    EXPECT_EQ(segment.log().stored_id, 2U);
}

TEST_F(ClusterWriter, ACommitToADeletedFileFails) {
    a_.login("ann", 1);
    expect_applied(a_);
    a_.message("ann", 1, 1, "one");
    static_cast<void>(replica_->apply(a_.next_batch(++revision_)));
    std::filesystem::remove(store::store_file(dir()).string() + "-wal");
    expect_store_error(Kind::failing, "belfry.db-wal", [this] { replica_->commit(); });
    expect_store_error(Kind::failing, "belfry.db-wal",
                       [this] { replica_->writer().require_files(); });
}

TEST_F(ClusterWriter, AStoreWithMessagesFromOutsideTheClusterIsRefused) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    replica_.reset();
    {
        store::StoreWriter writer{dir()};
        writer.begin();
        add(writer, {2, "ann", 2, 1, "alone"});
        writer.commit();
    }
    expect_store_error(Kind::unusable,
                       "ends at message 2, but its part of the cluster's log ends at",
                       [this] { start(); });
    replica_.reset();
}

TEST_F(ClusterWriter, ACleanStopLeavesAStoreThatHoldsTheWholeLog) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    EXPECT_FALSE(store::holds_whole_log(dir(), segment()));
    replica_->writer().mark_clean();
    replica_.reset();
    EXPECT_TRUE(store::holds_whole_log(dir(), segment()));
    store::resume_log(dir(), segment());
    EXPECT_FALSE(store::holds_whole_log(dir(), segment()));
}

TEST_F(ClusterWriter, AServerResumesALogWhoseRingLacksStoredMessages) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    static_cast<void>(replica_->apply(a_.next_batch(++revision_)));
    replica_->commit();
    replica_.reset();
    EXPECT_NO_THROW(store::resume_log(dir(), segment()));
}

TEST_F(ClusterWriter, ASeqIsNotResetWithoutTheOtherNodes) {
    a_.login("ann", 1);
    a_.message("ann", 1, 1, "one");
    expect_applied(a_);
    replica_.reset();
    expect_store_error(Kind::unusable, "belongs to the cluster belfry",
                       [this] { static_cast<void>(store::reset_saved_seq(dir(), "ann")); });
}

// --- Entering a cluster -----------------------------------------------------------------------

TEST(EnterCluster, GivesANewStoreTheEpochOfTheCluster) {
    TempDir dir;
    store::enter_cluster(dir.path(), "belfry", "ab12");
    const store::SavedCluster saved = saved_in(dir.path());
    EXPECT_EQ(saved.position, (store::ClusterPosition{0, 0, 0, 1}));
    EXPECT_TRUE(saved.clients.empty());
    store::Database database = store::open_to_read(dir.path());
    EXPECT_EQ(store::cluster_of(database), "belfry");
    EXPECT_EQ(store::open_log(dir.path(), shm::Durability::commit, "other").epoch, "ab12");
}

TEST(EnterCluster, AnOlderLogIsTheBeginningOfThatOfTheCluster) {
    constexpr std::uint64_t far = std::uint64_t{1} << 62;
    ScratchStore store;
    {
        store::StoreWriter writer{store.dir()};
        writer.claim();
        writer.begin_log("ab12", shm::Durability::commit);
        writer.begin();
        writer.save_client({"ann", 3, 2});
        add(writer, {3, "ann", far, 5, "three"});
        add(writer, {4, "ann", far + 1, 6, "four"});
        add(writer, {5, "bob", 9, 7, "five"});
        writer.commit();
    }
    expect_store_error(Kind::unusable, "has epoch ab12, but the cluster has epoch ff",
                       [&] { store::enter_cluster(store.dir(), "belfry", "ff"); });
    store::enter_cluster(store.dir(), "belfry", "ab12");
    store::SavedCluster saved = saved_in(store.dir());
    EXPECT_EQ(saved.position, (store::ClusterPosition{0, 5, 7, 3}));
    EXPECT_EQ(saved.clients, (std::vector<store::ClusterClient>{{"ann", 3, far + 1, far, 0, ""},
                                                                {"bob", 0, 9, 9, 0, ""}}));
    expect_store_error(Kind::unusable, "is in a cluster already",
                       [&] { store::enter_cluster(store.dir(), "belfry", "ab12"); });
}

TEST(EnterCluster, ADatabaseThatNeverDidIsInNoCluster) {
    ScratchStore store;
    { const store::StoreWriter writer{store.dir()}; }
    store::Database database = store::open_to_read(store.dir());
    EXPECT_FALSE(store::read_saved_cluster(database));
    EXPECT_FALSE(store::cluster_of(database));
    expect_store_error(Kind::unusable, "is in no cluster",
                       [&] { store::restart_cluster(store.dir(), "ff"); });
}

TEST(EnterCluster, AStoreThatCannotBeReadIsNotTakenForOneOfNoCluster) {
    const ScratchStore store;
    EXPECT_EQ(store::cluster_of_store(store.dir()), std::nullopt);
    std::ofstream{store.file()};
    EXPECT_EQ(store::cluster_of_store(store.dir()), std::nullopt) << "as a kill may leave it";
    std::ofstream{store.file()} << std::string(4096, 'x');
    EXPECT_TRUE(store_error_of([&] { static_cast<void>(store::cluster_of_store(store.dir())); }));
}

TEST_F(ClusterWriter, TheClusterOfAStoreIsKnownAlthoughASingleServerHasAddedMessages) {
    replica_.reset();
    store::Database{store::store_file(dir()), store::Database::Mode::write}.execute(
        "UPDATE cluster SET last_id = 7");
    EXPECT_EQ(store::cluster_of_store(dir()), "belfry");
}

TEST_F(ClusterWriter, ARestartedClusterHasAnotherEpochAndNoNodesAndLogins) {
    a_.login("ann", 1);
    a_.message("ann", 1, 3, "one", 1111);
    expect_applied(a_);
    replica_.reset();
    store::restart_cluster(dir(), "ff");
    const store::SavedCluster saved = saved_in(dir());
    EXPECT_EQ(saved.position, (store::ClusterPosition{0, 1, 1111, 1}));
    EXPECT_EQ(saved.clients, (std::vector<store::ClusterClient>{{"ann", 0, 3, 3, 0, ""}}));
    EXPECT_TRUE(saved.nodes.empty());
    EXPECT_EQ(store::StoreReader{dir()}.epoch(), "ff");
}

}  // namespace
}  // namespace belfry::test
