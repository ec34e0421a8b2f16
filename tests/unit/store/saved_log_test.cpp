#include "store/saved_log.hpp"

#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace belfry::test {
namespace {

class SavedLogTest : public ::testing::Test {
  protected:
    SavedLogTest() { writer_.claim(); }

    using Clients = std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>;

    [[nodiscard]] Clients clients() {
        Clients found;
        for (const auto& client : writer_.saved_log().clients) {
            found[client.id] = {client.cursor, client.seq};
        }
        return found;
    }

    ScratchStore scratch_;
    store::StoreWriter writer_{scratch_.dir()};
};

TEST_F(SavedLogTest, ANewStoreIsEmptyAndHasNoEpoch) {
    ScratchStore scratch;
    store::Database database = store::open_to_write(scratch.dir());
    for (int claimed = 0; claimed < 2; ++claimed) {
        const store::SavedLog saved = store::read_saved_log(database);
        EXPECT_EQ(saved.epoch, "");
        EXPECT_EQ(saved.last_id, 0U);
        EXPECT_TRUE(saved.clients.empty());
        EXPECT_FALSE(saved.clean);
        EXPECT_EQ(store::read_last_id(database), 0U);
        EXPECT_EQ(store::read_first_id(database), 1U);
        store::StoreWriter{scratch.dir()}.claim();
    }
}

TEST_F(SavedLogTest, HoldsTheEpochTheDurabilityAndTheCleanMark) {
    writer_.begin_log("e1", shm::Durability::async);
    writer_.mark_clean();
    EXPECT_EQ(writer_.saved_log().epoch, "e1");
    EXPECT_EQ(writer_.saved_log().durability, shm::Durability::async);
    EXPECT_TRUE(writer_.saved_log().clean);
    writer_.begin_log("e2", shm::Durability::commit);
    EXPECT_EQ(writer_.saved_log().epoch, "e2");
    EXPECT_EQ(writer_.saved_log().durability, shm::Durability::commit);
    EXPECT_FALSE(writer_.saved_log().clean);
}

TEST_F(SavedLogTest, HoldsTheLastIdOfTheLog) {
    store_numbered(writer_, 1, 7);
    EXPECT_EQ(scratch_.saved_log().last_id, 7U);
    store::Database database = store::open_to_read(scratch_.dir());
    EXPECT_EQ(store::read_first_id(database), 1U);
}

TEST_F(SavedLogTest, ClientsAreReadAsTheyWereSavedLast) {
    writer_.save_client({"ann", 3, 30});
    writer_.save_client({"bob", 4, 0});
    writer_.save_client({"ann", 5, 50});
    EXPECT_EQ(clients(), (Clients{{"ann", {5, 50}}, {"bob", {4, 0}}}));
}

TEST_F(SavedLogTest, SeqsOfNewerMessagesAreDerivedFromThem) {
    store_numbered(writer_, 1, 4);  // ann: 10, 30; bob: 20, 40
    writer_.save_client({"ann", 1, 30});
    writer_.save_client({"bob", 2, 40});
    writer_.save_seqs_up_to(4);
    store_numbered(writer_, 5, 7);  // ann: 50, 70; bob: 60
    EXPECT_EQ(clients(), (Clients{{"ann", {1, 70}}, {"bob", {2, 60}}}));
}

TEST_F(SavedLogTest, TheSeqOfAClientThatWasNeverSavedIsDerivedToo) {
    store_numbered(writer_, 1, 3);
    EXPECT_EQ(clients(), (Clients{{"ann", {0, 30}}, {"bob", {0, 20}}}));
}

TEST_F(SavedLogTest, SavedSeqsAreNeverLowered) {
    writer_.save_client({"ann", 0, 1000});
    store_numbered(writer_, 1, 1);
    EXPECT_EQ(clients(), (Clients{{"ann", {0, 1000}}}));
}

TEST_F(SavedLogTest, SeqsSurviveARetentionThatDeletesTheirMessages) {
    store_numbered(writer_, 1, 4);
    writer_.save_client({"ann", 1, 30});
    writer_.save_client({"bob", 2, 40});
    writer_.save_seqs_up_to(4);
    writer_.begin();
    EXPECT_EQ(writer_.forget(5, 0, 1, 100).count, 4U);
    writer_.commit();
    EXPECT_EQ(clients(), (Clients{{"ann", {1, 30}}, {"bob", {2, 40}}}));
    EXPECT_EQ(writer_.saved_log().last_id, 4U);
}

}  // namespace
}  // namespace belfry::test
