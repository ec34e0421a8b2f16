#include "store/open_log.hpp"

#include "store/store_lock.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/scratch_segment.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <atomic>

namespace belfry::test {
namespace {

using Kind = store::StoreError::Kind;
using shm::Durability;

class OpenLog : public ::testing::Test {
  protected:
    store::SavedLog open(Durability durability, const std::string& new_epoch) {
        return store::open_log(scratch_.dir(), durability, new_epoch);
    }

    /// Marks the store as clean, as a server does at a clean stop.
    void end_cleanly() {
        store::StoreWriter writer{scratch_.dir()};
        writer.claim();
        writer.mark_clean();
    }

    void store(std::uint64_t first, std::uint64_t last) {
        store::StoreWriter writer{scratch_.dir()};
        writer.claim();
        store_numbered(writer, first, last);
    }

    ScratchStore scratch_;
};

TEST_F(OpenLog, ANewStoreTakesTheNewEpoch) {
    const store::SavedLog saved = open(Durability::commit, "e1");
    EXPECT_EQ(saved.epoch, "e1");
    EXPECT_EQ(saved.last_id, 0U);
    EXPECT_TRUE(saved.clients.empty());
    EXPECT_EQ(scratch_.saved_log().epoch, "e1");
}

TEST_F(OpenLog, AStoreWithDurabilityCommitKeepsItsEpoch) {
    static_cast<void>(open(Durability::commit, "e1"));
    store(1, 5);
    const store::SavedLog saved = open(Durability::commit, "e2");
    EXPECT_EQ(saved.epoch, "e1");
    EXPECT_EQ(saved.last_id, 5U);
    EXPECT_EQ(saved.clients.size(), 2U);
    EXPECT_EQ(open(Durability::async, "e3").epoch, "e1")
        << "with commit every delivered message is in the store";
}

TEST_F(OpenLog, AStoreWithDurabilityAsyncThatDidNotEndCleanlyTakesTheNewEpoch) {
    static_cast<void>(open(Durability::async, "e1"));
    store(1, 5);
    const store::SavedLog saved = open(Durability::async, "e2");
    EXPECT_EQ(saved.epoch, "e2");
    EXPECT_EQ(saved.last_id, 5U);
    EXPECT_EQ(scratch_.saved_log().epoch, "e2");
    EXPECT_EQ(open(Durability::commit, "e3").epoch, "e3")
        << "messages may have been lost before this start";
    EXPECT_EQ(open(Durability::commit, "e4").epoch, "e3");
}

TEST_F(OpenLog, AStoreWithDurabilityAsyncThatEndedCleanlyKeepsItsEpoch) {
    static_cast<void>(open(Durability::async, "e1"));
    store(1, 5);
    end_cleanly();
    EXPECT_EQ(open(Durability::async, "e2").epoch, "e1");
    EXPECT_EQ(open(Durability::async, "e3").epoch, "e3")
        << "the clean mark counts for one start only";
}

TEST_F(OpenLog, LeavesNoConnectionOpen) {
    const std::size_t before = open_descriptors(::getpid());
    static_cast<void>(open(Durability::commit, "e1"));
    EXPECT_EQ(open_descriptors(::getpid()), before);
}

TEST_F(OpenLog, AStoreThatAnotherProcessWritesIsNotChanged) {
    static_cast<void>(open(Durability::commit, "e1"));
    Shared<std::atomic<bool>> holds;
    const ForkedChild child{[&] {
        const auto lock = store::StoreLock::try_take(scratch_.dir());
        *holds = lock.has_value();
        while (true) ::pause();
        return 0;
    }};
    ASSERT_TRUE(eventually([&] { return holds->load(); }));
    expect_store_error(Kind::failing, "is being written by another process",
                       [this] { static_cast<void>(open(Durability::commit, "e2")); });
}

TEST_F(OpenLog, ADatabaseThatIsNotAStoreIsUnusable) {
    scratch_.raw().execute("CREATE TABLE t(x)");
    expect_store_error(Kind::unusable, scratch_.file().string(),
                       [this] { static_cast<void>(open(Durability::commit, "e1")); });
}

// --- A segment and a store --------------------------------------------------------------------

class RequireMatch : public ::testing::Test {
  protected:
    static shm::SegmentPlan plan() {
        shm::SegmentPlan plan = small_plan();
        plan.durability = Durability::commit;
        plan.last_id = 10;
        return plan;
    }

    void store(const std::string& epoch, std::uint64_t last) {
        store::StoreWriter writer{scratch_.data_dir()};
        writer.claim();
        writer.begin_log(epoch, Durability::commit);
        if (last != 0) store_numbered(writer, last, last);
    }
    void match() { store::resume_log(scratch_.data_dir(), scratch_.segment()); }

    ScratchSegment scratch_{plan()};
};

TEST_F(RequireMatch, AStoreAndASegmentOfOneLogMatch) {
    store("e", 10);
    match();
}

TEST_F(RequireMatch, AStoreThatIsBehindMatchesIfTheRingHasTheRest) {
    scratch_.log().first_id = 8;
    store("e", 7);
    match();
}

TEST_F(RequireMatch, AStoreOfAnotherEpochDoesNotMatch) {
    store("f", 10);
    expect_store_error(Kind::unusable, "the store has epoch f, the shared memory has epoch e",
                       [this] { match(); });
}

TEST_F(RequireMatch, AStoreAheadOfTheSegmentDoesNotMatch) {
    store("e", 11);
    expect_store_error(Kind::unusable, "the store ends at message 11, the shared memory at 10",
                       [this] { match(); });
}

TEST_F(RequireMatch, AStoreThatEndsBeforeTheRingBeginsDoesNotMatch) {
    store("e", 9);
    expect_store_error(Kind::unusable,
                       "the store ends at message 9, the shared memory begins at 11",
                       [this] { match(); });
}

TEST_F(RequireMatch, AMissingStoreDoesNotMatch) {
    expect_store_error(Kind::failing, "belfry.db", [this] { match(); });
}

}  // namespace
}  // namespace belfry::test
