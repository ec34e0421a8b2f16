#include "store/old_messages.hpp"

#include "store/store_file.hpp"
#include "store/store_writer.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

namespace belfry::test {
namespace {

class OldMessagesTest : public ::testing::Test {
  protected:
    static constexpr std::uint64_t now = 1000;
    static constexpr std::uint64_t future = 5000;

    void add_at(std::initializer_list<std::uint64_t> times) {
        store::StoreWriter writer{scratch_.dir()};
        writer.begin();
        for (const std::uint64_t time_ms : times) {
            ++last_id_;
            add(writer, {last_id_, "ann", last_id_, time_ms, "x"});
        }
        writer.commit();
    }

    /// Repeats the search until it has looked at every message.
    std::uint64_t end(std::uint64_t first_id, std::uint64_t oldest_ms, std::uint64_t now_ms = now,
                      std::uint64_t max_rows = 100) {
        std::uint64_t result = old_.end(first_id, oldest_ms, now_ms, max_rows);
        while (old_.has_more() && result == first_id) {
            result = old_.end(first_id, oldest_ms, now_ms, max_rows);
        }
        return result;
    }

    ScratchStore scratch_;
    store::Database database_ = store::open_to_write(scratch_.dir());
    store::OldMessages old_{database_};
    std::uint64_t last_id_ = 0;
};

TEST_F(OldMessagesTest, EndBeforeTheFirstMessageThatIsYoungEnough) {
    add_at({100, 200, 300, 400});
    EXPECT_EQ(end(1, 100), 1U);
    EXPECT_EQ(end(1, 300), 3U);
    EXPECT_EQ(end(3, 401), 5U) << "all of them";
}

TEST_F(OldMessagesTest, AMessageFromTheFutureCountsAsOldAsTheNextOneThatIsNot) {
    add_at({future, future, 100, future, 300, future, 200});
    EXPECT_EQ(end(1, 150), 4U);
    EXPECT_EQ(end(4, 250), 4U)
        << "the message from the future counts as old as the one of time 300";
    EXPECT_EQ(end(4, 350), 8U);
}

TEST_F(OldMessagesTest, MessagesFromTheFutureAtTheEndAreKept) {
    add_at({100, future, future});
    EXPECT_EQ(end(1, 999), 2U);
    EXPECT_EQ(end(2, 999), 2U);
    EXPECT_EQ(end(2, future - 1, future + 1), 2U) << "their own time is no longer in the future";
    EXPECT_EQ(end(2, future + 1, future + 2), 4U);
}

TEST_F(OldMessagesTest, OldMessagesAreFoundAfterManyFromTheFuture) {
    add_at({future, future, future, future, future, 100, 900});
    EXPECT_EQ(old_.end(1, 500, now, 2), 1U);
    EXPECT_TRUE(old_.has_more());
    EXPECT_EQ(end(1, 500, now, 2), 7U);
}

TEST_F(OldMessagesTest, TheSearchContinuesWithNewMessagesOrANewLimit) {
    EXPECT_EQ(end(1, 500), 1U) << "the store is empty";
    add_at({100, 600, 700});
    EXPECT_EQ(end(1, 500), 2U);
    EXPECT_EQ(end(1, 50), 1U)
        << "the limit is lower now, and the message that was found is not deleted yet";
    EXPECT_EQ(end(1, 0), 1U);
    EXPECT_FALSE(old_.has_more());
    EXPECT_EQ(end(1, 650), 3U);
}

}  // namespace
}  // namespace belfry::test
