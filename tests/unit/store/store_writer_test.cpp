#include "store/store_writer.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace belfry::test {
namespace {

using namespace std::string_literals;

class StoreWriterTest : public ::testing::Test {
  protected:
    StoreWriterTest() { writer_.claim(); }

    [[nodiscard]] std::vector<KeptMessage> all() const {
        return scratch_.read(first(), scratch_.saved_log().last_id);
    }
    [[nodiscard]] std::uint64_t first() const {
        return store::StoreReader{scratch_.dir()}.first_id();
    }
    void store_at(std::uint64_t id, std::uint64_t time_ms) {
        writer_.begin();
        add(writer_, {id, "ann", id, time_ms, "x"});
        writer_.commit();
    }
    std::uint64_t forget(std::uint64_t first_kept, std::uint64_t oldest_ms, std::uint64_t most,
                         std::uint64_t now_ms = many) {
        writer_.begin();
        const std::uint64_t forgotten = writer_.forget(first_kept, oldest_ms, now_ms, most).count;
        writer_.commit();
        return forgotten;
    }

    static constexpr std::uint64_t many = 1'000'000;

    ScratchStore scratch_;
    store::StoreWriter writer_{scratch_.dir()};
};

TEST_F(StoreWriterTest, CommittedMessagesCanBeReadByOthers) {
    store_numbered(writer_, 1, 100);
    EXPECT_EQ(all(), numbered_messages(1, 100));
}

TEST_F(StoreWriterTest, MessagesThatAreAddedTogetherAreStoredLikeSingleOnes) {
    std::vector<KeptMessage> expected;
    std::int64_t blobs = 0;
    for (const std::size_t count : {1U, 15U, 16U, 17U, 32U, 100U}) {
        const std::size_t before = expected.size();
        for (std::size_t at = 0; at < count; ++at) {
            expected.push_back(numbered_message(expected.size() + 1));
            if (at % 3 != 0) continue;
            expected.back().body += "\xff\0"s;
            ++blobs;
        }
        std::vector<store::Message> messages;
        for (std::size_t at = before; at < expected.size(); ++at)
            messages.push_back(view_of(expected[at]));
        writer_.begin();
        writer_.add(messages);
        writer_.commit();
    }
    EXPECT_EQ(all(), expected);
    store::Database database = store::open_to_read(scratch_.dir());
    EXPECT_EQ(database.number("SELECT count(*) FROM messages WHERE typeof(body) = 'blob'"), blobs);
}

TEST_F(StoreWriterTest, UncommittedChangesAreInvisibleToOthers) {
    store_numbered(writer_, 1, 2);
    writer_.begin();
    add(writer_, numbered_message(3));
    writer_.save_client({"ann", 2, 30});
    EXPECT_EQ(all(), numbered_messages(1, 2));
    EXPECT_EQ(scratch_.saved_log().last_id, 2U);
}

TEST_F(StoreWriterTest, ATransactionOfAKilledWriterLeavesNothing) {
    ScratchStore scratch;
    Shared<std::atomic<bool>> wrote;
    ForkedChild child{[&] {
        store::StoreWriter writer{scratch.dir()};
        writer.claim();
        store_numbered(writer, 1, 3);
        writer.begin();
        for (std::uint64_t id = 4; id <= 2000; ++id) add(writer, numbered_message(id, 4000));
        *wrote = true;
        while (true) ::pause();
        return 0;
    }};
    ASSERT_TRUE(eventually([&] { return wrote->load(); }));
    child.kill();
    store::StoreWriter next{scratch.dir()};
    next.claim();
    EXPECT_EQ(next.saved_log().last_id, 3U);
    store_numbered(next, 4, 5);
    EXPECT_EQ(scratch.read(1, 9), numbered_messages(1, 5));
}

TEST_F(StoreWriterTest, ABodyOfAnyBytesIsReadBackUnchanged) {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
    const std::vector<std::pair<std::string, std::string>> bodies{
        {"", "text"},
        {"hello", "text"},
        {"gr\u00fc\u00dfe \U0001f514", "text"},
        {"12", "text"},
        {"a\0b"s, "blob"},
        {"\xff\xfe", "blob"},
        {every_byte, "blob"},
        {std::string(64 << 10, 'x'), "text"},
        {std::string(64 << 10, '\xff'), "blob"},
    };
    std::vector<KeptMessage> expected;
    writer_.begin();
    for (const auto& [body, type] : bodies) {
        expected.push_back({expected.size() + 1, "ann", expected.size() + 1, 7, body});
        add(writer_, expected.back());
    }
    writer_.commit();
    EXPECT_EQ(all(), expected);
    store::Database database = store::open_to_read(scratch_.dir());
    store::Statement types{database, "SELECT typeof(body) FROM messages ORDER BY id"};
    for (const auto& [body, type] : bodies) {
        ASSERT_TRUE(types.step());
        EXPECT_EQ(types.bytes(0), type) << body.substr(0, 20);
    }
}

TEST_F(StoreWriterTest, TheLargestNumbersAreReadBackUnchanged) {
    constexpr std::uint64_t largest_seq = 0x7fff'ffff'ffff'ffff;
    const KeptMessage message{shm::max_id, "ann", largest_seq, largest_seq, "x"};
    writer_.begin();
    add(writer_, message);
    writer_.commit();
    EXPECT_EQ(all(), std::vector{message});
}

TEST_F(StoreWriterTest, AnIdCannotBeStoredTwice) {
    store_numbered(writer_, 1, 3);
    EXPECT_TRUE(store_error_of([this] { store_numbered(writer_, 3, 3); }));
    EXPECT_EQ(all(), numbered_messages(1, 3));
}

TEST_F(StoreWriterTest, ClaimCountsTheStarts) {
    const auto starts = [this] { return scratch_.raw().number("SELECT starts FROM log"); };
    EXPECT_EQ(starts(), 1);
    writer_.claim();
    store::StoreWriter{scratch_.dir()}.claim();
    EXPECT_EQ(starts(), 3);
    EXPECT_EQ(scratch_.raw().number("SELECT count(*) FROM log"), 1);
}

TEST_F(StoreWriterTest, ALockedDatabaseCountsAsFailing) {
    store::Database other = scratch_.raw();
    other.execute("BEGIN IMMEDIATE");
    expect_store_error(store::StoreError::Kind::failing, scratch_.file().string(),
                       [this] { writer_.begin(); });
}

TEST_F(StoreWriterTest, AReaderDoesNotBlockAWriter) {
    store_numbered(writer_, 1, 3);
    store::Database other = scratch_.raw();
    other.execute("BEGIN; SELECT * FROM messages");
    store_numbered(writer_, 4, 5);
    writer_.checkpoint_if_long();
    EXPECT_EQ(other.number("SELECT count(*) FROM messages"), 3);
}

TEST_F(StoreWriterTest, ALongWalIsCheckpointedAndStartedOver) {
    const auto size = [this] { return std::filesystem::file_size(scratch_.wal()); };
    for (std::uint64_t id = 1; id <= 12'000; id += 500) {
        store_numbered(writer_, id, id + 499, 1000);
        writer_.checkpoint_if_long();
    }
    EXPECT_LT(size(), std::uint64_t{12'000} * 1000 / 2);
    EXPECT_EQ(all(), numbered_messages(1, 12'000, 1000));
}

// --- Retention --------------------------------------------------------------------------------

TEST_F(StoreWriterTest, DeletesTheOldestMessagesByCount) {
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(8, 0, many), 7U);
    EXPECT_EQ(all(), numbered_messages(8, 10));
    EXPECT_EQ(writer_.first_id(), 8U);
    EXPECT_EQ(forget(8, 0, many), 0U);
}

TEST_F(StoreWriterTest, DeletesNothingIfNothingIsTooOld) {
    EXPECT_EQ(forget(0, 0, many), 0U);
    EXPECT_EQ(forget(9, 9, many), 0U) << "the store is empty";
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(0, 0, many), 0U);
    EXPECT_EQ(forget(1, 1001, many), 0U);
    EXPECT_EQ(all(), numbered_messages(1, 10));
}

TEST_F(StoreWriterTest, DeletesTheOldestMessagesByAge) {
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(0, 1004, many), 3U);
    EXPECT_EQ(all(), numbered_messages(4, 10));
}

TEST_F(StoreWriterTest, DeletesByCountOrAgeWhicheverIsMore) {
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(3, 1005, many), 4U);
    EXPECT_EQ(forget(8, 1006, many), 3U);
    EXPECT_EQ(all(), numbered_messages(8, 10));
}

TEST_F(StoreWriterTest, DeletesNoMoreThanTheGivenNumberAtOnce) {
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(8, 0, 3), 3U);
    EXPECT_EQ(forget(0, 1008, 3), 3U);
    EXPECT_EQ(all(), numbered_messages(7, 10));
    EXPECT_EQ(forget(8, 0, 3), 1U);
    EXPECT_EQ(forget(8, 0, 3), 0U);
    EXPECT_EQ(all(), numbered_messages(8, 10));
}

TEST_F(StoreWriterTest, AClockThatWentBackNeverLeavesAHole) {
    std::uint64_t id = 0;
    for (const std::uint64_t time : {100U, 101U, 50U, 51U, 102U, 52U, 103U}) store_at(++id, time);
    EXPECT_EQ(forget(0, 100, many), 0U) << "old messages after young ones are kept";
    EXPECT_EQ(forget(0, 102, many), 4U);
    EXPECT_EQ(first(), 5U);
    EXPECT_EQ(forget(0, 103, many), 2U);
    EXPECT_EQ(first(), 7U);
}

TEST_F(StoreWriterTest, TheLastIdSurvivesARetentionThatDeletesEverything) {
    store_numbered(writer_, 1, 10);
    EXPECT_EQ(forget(0, many, many), 10U);
    EXPECT_EQ(first(), 0U);
    EXPECT_EQ(writer_.first_id(), 11U);
    EXPECT_EQ(scratch_.saved_log().last_id, 10U);
    store_numbered(writer_, 11, 12);
    EXPECT_EQ(scratch_.saved_log().last_id, 12U);
    EXPECT_EQ(forget(0, many, many), 2U);
    EXPECT_EQ(scratch_.saved_log().last_id, 12U);
}

TEST_F(StoreWriterTest, DeletingDoesNotRewriteTheBodies) {
    constexpr std::uint64_t count = 200;
    constexpr std::size_t body_bytes = 64 << 10;
    ScratchStore scratch;
    {
        store::StoreWriter writer{scratch.dir()};
        store_numbered(writer, 1, count, body_bytes);
    }
    store::StoreWriter writer{scratch.dir()};
    writer.claim();
    writer.begin();
    EXPECT_EQ(writer.forget(count, 0, many, many).count, count - 1);
    writer.commit();
    EXPECT_LT(std::filesystem::file_size(scratch.wal()), count * body_bytes / 10);
}

TEST_F(StoreWriterTest, DeletingSkipsAHole) {
    store_numbered(writer_, 1, 2);
    store_numbered(writer_, 8, 9);
    static_cast<void>(forget(9, 0, 4));
    static_cast<void>(forget(9, 0, 4));
    EXPECT_EQ(first(), 9U);
}

}  // namespace
}  // namespace belfry::test
