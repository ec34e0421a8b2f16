#include "store/seq_reset.hpp"

#include "shm/seq_rules.hpp"
#include "store/store_lock.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

/// Tests of store::reset_saved_seq(), which sets a client's seq back while no server runs.
namespace belfry::test {
namespace {

class SavedSeqReset : public ::testing::Test {
  protected:
    /// The seqs of ann and bob are saved up to message 3.
    void SetUp() override {
        store::StoreWriter writer{store_.dir()};
        writer.claim();
        writer.begin_log("e", shm::Durability::commit);
        writer.begin();
        add(writer, {1, "ann", 5, 1, "five"});
        add(writer, {2, "ann", shm::max_seq, 1, "high"});
        add(writer, {3, "bob", 7, 1, "seven"});
        writer.save_client({"ann", 2, shm::max_seq});
        writer.save_client({"bob", 1, 7});
        writer.save_seqs_up_to(3);
        add(writer, {4, "bob", 8, 1, "eight"});
        writer.commit();
    }

    [[nodiscard]] store::SavedClient saved(const std::string& id) const {
        store::Database database = store::open_to_read(store_.dir());
        for (const store::SavedClient& client : store::read_saved_log(database).clients) {
            if (client.id == id) return client;
        }
        return {};
    }

    ScratchStore store_;
};

TEST_F(SavedSeqReset, GoesToTheHighestFreeSeqOfTheMessagesAndChangesNothingElse) {
    const auto reset = store::reset_saved_seq(store_.dir(), "ann");
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->was, shm::max_seq);
    EXPECT_EQ(reset->now, 5U);
    EXPECT_EQ(saved("ann").seq, 5U);
    EXPECT_EQ(saved("ann").cursor, 2U);
    EXPECT_EQ(saved("bob").seq, 8U);
    EXPECT_EQ(saved("bob").cursor, 1U);
}

TEST_F(SavedSeqReset, ASeqThatIsDerivedFromTheMessagesIsResetToo) {
    {
        store::StoreWriter writer{store_.dir()};
        writer.begin();
        add(writer, {5, "bob", shm::max_seq, 1, "high"});
        writer.commit();
    }
    EXPECT_EQ(saved("bob").seq, shm::max_seq);
    const auto reset = store::reset_saved_seq(store_.dir(), "bob");
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->now, 8U);
    EXPECT_EQ(saved("bob").seq, 8U);
    EXPECT_EQ(saved("ann").seq, shm::max_seq) << "the reset of bob does not affect ann";
}

TEST_F(SavedSeqReset, DoesNotChangeALowSeq) {
    const auto reset = store::reset_saved_seq(store_.dir(), "bob");
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->was, 8U);
    EXPECT_EQ(reset->now, 8U);
}

TEST_F(SavedSeqReset, AnUnknownClientIsNotReset) {
    EXPECT_FALSE(store::reset_saved_seq(store_.dir(), "cat"));
}

TEST(SavedSeqResetOfNoStore, FailsAndCreatesNoStore) {
    const ScratchStore store;
    expect_store_error(store::StoreError::Kind::failing, "belfry.db",
                       [&store] { static_cast<void>(store::reset_saved_seq(store.dir(), "ann")); });
    EXPECT_FALSE(std::filesystem::exists(store.file()));
}

}  // namespace
}  // namespace belfry::test
