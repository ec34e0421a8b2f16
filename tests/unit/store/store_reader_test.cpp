#include "store/store_reader.hpp"

#include "shm/seq_rules.hpp"
#include "tests/support/failure.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <random>
#include <sqlite3.h>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;
using Kind = store::StoreError::Kind;

constexpr std::streamoff page_bytes = 4096;

/// The messages that a session sees between two ids: each is either read or reported as missing.
struct Walk {
    std::vector<KeptMessage> read;
    std::vector<std::uint64_t> missing;
};

Walk walk(store::StoreReader& reader, std::uint64_t from, std::uint64_t to) {
    Walk found;
    while (from <= to) {
        std::uint64_t next = reader.read(from, to, ScratchStore::keep_in(found.read));
        if (next == from) {
            next = reader.next_readable(from, to);
            if (next == from) {
                throw Failure{"a message is reported as readable, but read() does not return it"};
            }
            while (from < next) found.missing.push_back(from++);
        }
        from = next;
    }
    return found;
}

class StoreReaderTest : public ::testing::Test {
  protected:
    void store(std::uint64_t first, std::uint64_t last, std::size_t body_bytes = 0) {
        store::StoreWriter writer{scratch_.dir()};
        writer.claim();
        store_numbered(writer, first, last, body_bytes);
    }

    [[nodiscard]] std::vector<std::uint64_t> ids(std::uint64_t from, std::uint64_t to) const {
        std::vector<std::uint64_t> found;
        for (const KeptMessage& message : scratch_.read(from, to)) found.push_back(message.id);
        return found;
    }
    using Ids = std::vector<std::uint64_t>;

    ScratchStore scratch_;
};

TEST_F(StoreReaderTest, ReadsTheRequestedMessagesInOrder) {
    store(1, 100);
    EXPECT_EQ(scratch_.read(1, 100), numbered_messages(1, 100));
    EXPECT_EQ(scratch_.read(40, 42), numbered_messages(40, 42));
    EXPECT_EQ(scratch_.read(99, 1000), numbered_messages(99, 100));
}

TEST_F(StoreReaderTest, ReturnsTheFirstIdThatItHasNotRead) {
    store(1, 10);
    store::StoreReader reader{scratch_.dir()};
    std::vector<KeptMessage> kept;
    EXPECT_EQ(reader.read(3, 7, ScratchStore::keep_in(kept)), 8U);
    EXPECT_EQ(reader.read(8, 100, ScratchStore::keep_in(kept)), 11U);
    EXPECT_EQ(reader.read(11, 100, ScratchStore::keep_in(kept)), 11U);
    EXPECT_EQ(kept, numbered_messages(3, 10));
}

TEST_F(StoreReaderTest, StopsWhenItsCallerWantsNoMore) {
    store(1, 10);
    store::StoreReader reader{scratch_.dir()};
    Ids taken;
    const auto take_three = [&taken](const store::Message& message) {
        taken.push_back(message.id);
        return taken.size() < 3;
    };
    EXPECT_EQ(reader.read(2, 10, take_three), 5U);
    EXPECT_EQ(taken, (Ids{2, 3, 4}));
}

TEST_F(StoreReaderTest, StopsBeforeAHoleAndFindsTheFirstMessageAfterIt) {
    store(1, 3);
    store(8, 10);
    EXPECT_EQ(ids(1, 10), (Ids{1, 2, 3}));
    EXPECT_EQ(ids(4, 10), Ids{});
    store::StoreReader reader{scratch_.dir()};
    for (std::uint64_t from = 4; from <= 8; ++from) {
        EXPECT_EQ(reader.next_readable(from, 10), 8U) << from;
    }
    EXPECT_EQ(reader.next_readable(4, 7), 8U);
    EXPECT_EQ(reader.next_readable(11, 20), 21U);
    EXPECT_EQ(reader.next_readable(2, 10), 2U);
}

TEST_F(StoreReaderTest, ReturnsTheFirstIdOfTheStore) {
    { store::StoreWriter{scratch_.dir()}.claim(); }
    store::StoreReader reader{scratch_.dir()};
    EXPECT_EQ(reader.first_id(), 0U);
    EXPECT_EQ(reader.next_readable(1, 5), 6U);
    store(5, 6);
    EXPECT_EQ(reader.first_id(), 5U);
}

TEST_F(StoreReaderTest, SeesMessagesThatAreCommittedLater) {
    store(1, 3);
    store::StoreReader reader{scratch_.dir()};
    EXPECT_EQ(walk(reader, 1, 3).read, numbered_messages(1, 3));
    store(4, 6);
    EXPECT_EQ(walk(reader, 4, 6).read, numbered_messages(4, 6));
}

TEST_F(StoreReaderTest, KeepsNoTransactionOpenBetweenTwoCalls) {
    store(1, 10);
    store::StoreReader reader{scratch_.dir()};
    static_cast<void>(reader.read(1, 10, [](const store::Message&) { return false; }));
    static_cast<void>(reader.next_readable(1, 10));
    static_cast<void>(reader.first_id());
    // This checkpoint fails while a reader has a transaction open.
    scratch_.raw().execute("UPDATE log SET clean = 0; PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(fs::file_size(scratch_.wal()), 0U);
}

TEST_F(StoreReaderTest, FindsTheHighestSeqOfASenderUpToALimitAmongVeryMany) {
    constexpr std::uint64_t last = 35'001;  // a message of ann, whose ids are odd
    store(1001, last);
    store::StoreReader reader{scratch_.dir()};
    EXPECT_EQ(reader.highest_seq("ann", shm::max_seq), 10 * last);
    EXPECT_EQ(reader.highest_seq("bob", shm::max_seq), 10 * (last - 1));
    EXPECT_EQ(reader.highest_seq("ann", 10 * 1003 + 5), 10U * 1003);
    EXPECT_EQ(reader.highest_seq("ann", 10 * 1001 - 1), 0U);
    EXPECT_EQ(reader.highest_seq("nobody", shm::max_seq), 0U);
}

TEST_F(StoreReaderTest, AnErrorAfterSomeMessagesIsReportedByTheNextRead) {
    store(1, 10, 64 << 10);
    store::StoreReader reader{scratch_.dir()};
    std::vector<KeptMessage> kept;
    kept.reserve(100);
    const auto starve_after_three = [&](const store::Message& message) {
        kept.push_back({message.id, {}, {}, {}, {}});
        if (kept.size() == 3) ::sqlite3_hard_heap_limit64(1);
        return true;
    };
    std::uint64_t next = 0;
    const auto error = store_error_of([&] { next = reader.read(1, 10, starve_after_three); });
    const auto later =
        store_error_of([&] { static_cast<void>(reader.read(4, 10, starve_after_three)); });
    // This removes the limit. The hard limit has also set the soft limit.
    ::sqlite3_hard_heap_limit64(0);
    ::sqlite3_soft_heap_limit64(0);
    EXPECT_FALSE(error) << error->what();
    EXPECT_EQ(next, 4U);
    EXPECT_EQ(kept.size(), 3U);
    ASSERT_TRUE(later) << "the next read reports the error";
    EXPECT_EQ(later->kind(), Kind::failing);
    EXPECT_EQ(walk(reader, 4, 10).read, numbered_messages(4, 10, 64 << 10));
}

// --- Damage -----------------------------------------------------------------------------------

class DamagedStore : public StoreReaderTest {
  protected:
    [[nodiscard]] std::streamoff pages() const {
        return static_cast<std::streamoff>(fs::file_size(scratch_.file())) / page_bytes;
    }

    /// Overwrites a page of the file. The number of the first page is 1.
    void spoil(std::streamoff page, char with = '\xa5') const {
        std::fstream file{scratch_.file(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp((page - 1) * page_bytes);
        file << std::string(page_bytes, with);
        if (!file.flush()) throw Failure{"cannot damage the store"};
    }

    /// Returns the messages that can be read if each is requested alone.
    [[nodiscard]] std::vector<KeptMessage> readable(std::uint64_t last) const {
        store::StoreReader reader{scratch_.dir()};
        std::vector<KeptMessage> kept;
        for (std::uint64_t id = 1; id <= last; ++id) {
            static_cast<void>(reader.read(id, id, ScratchStore::keep_in(kept)));
        }
        return kept;
    }

    /// Expects that every message is either read or reported as missing, and that every readable
    /// message is read.
    void expect_no_message_is_lost_by_another(std::uint64_t last) {
        const std::vector<KeptMessage> expected = readable(last);
        store::StoreReader reader{scratch_.dir()};
        const Walk found = walk(reader, 1, last);
        EXPECT_EQ(found.read, expected);
        EXPECT_EQ(found.read.size() + found.missing.size(), last);
        EXPECT_FALSE(found.missing.empty()) << "nothing was damaged";
    }
};

TEST_F(DamagedStore, ABadPageLosesOnlyTheMessagesOnIt) {
    constexpr std::uint64_t last = 2000;
    store(1, last);
    spoil(pages() / 2);
    expect_no_message_is_lost_by_another(last);
    const auto left = readable(last);
    EXPECT_GT(left.size(), last - 200);
    for (const KeptMessage& message : left) EXPECT_EQ(message, numbered_message(message.id));
}

TEST_F(DamagedStore, APageOfZerosLosesOnlyTheMessagesOnIt) {
    constexpr std::uint64_t last = 2000;
    store(1, last);
    spoil(pages() / 2, '\0');
    expect_no_message_is_lost_by_another(last);
}

TEST_F(DamagedStore, SeveralBadPagesLoseOnlyTheMessagesOnThem) {
    for (const std::size_t body_bytes : {0U, 1500U, 3000U}) {
        SCOPED_TRACE(body_bytes);
        ScratchStore fresh;
        constexpr std::uint64_t last = 500;
        {
            store::StoreWriter writer{fresh.dir()};
            writer.claim();
            store_numbered(writer, 1, last, body_bytes);
        }
        fs::copy_file(fresh.file(), scratch_.file(), fs::copy_options::overwrite_existing);
        std::mt19937 random{7};
        const auto middle = pages() / 2;
        for (std::streamoff page = middle - 3; page < middle + 3; page += 1) {
            if (random() % 2 == 0) spoil(page);
        }
        expect_no_message_is_lost_by_another(last);
        for (const KeptMessage& message : readable(last)) {
            EXPECT_EQ(message, numbered_message(message.id, body_bytes));
        }
    }
}

TEST_F(DamagedStore, AGoodMessageBetweenBadOnesIsRead) {
    constexpr std::uint64_t last = 200;
    store(1, last, 3000);  // one message per page
    std::map<std::uint64_t, std::streamoff> page_of;
    const std::string bytes = read_file(scratch_.file());
    for (std::uint64_t id = 1; id <= last; ++id) {
        const auto at = bytes.find(numbered_message(id, 3000).body);
        ASSERT_NE(at, std::string::npos);
        page_of[id] = static_cast<std::streamoff>(at) / page_bytes + 1;
    }
    // The search that starts at 50 and doubles its step skips 53 and 60.
    for (std::uint64_t id = 50; id <= 70; ++id) {
        if (id != 53 && id != 60) spoil(page_of[id]);
    }
    store::StoreReader reader{scratch_.dir()};
    const Walk found = walk(reader, 1, last);
    EXPECT_EQ(found.missing.size(), 19U);
    EXPECT_EQ(std::ranges::count(found.missing, 53U), 0);
    EXPECT_EQ(std::ranges::count(found.missing, 60U), 0);
    expect_no_message_is_lost_by_another(last);
}

TEST_F(DamagedStore, RandomDamageLosesNoReadableMessageAndThrowsNothing) {
    constexpr std::uint64_t last = 400;
    store(1, last, 6000);
    const std::string whole = read_file(scratch_.file());
    std::mt19937 random{11};
    for (int round = 0; round < 20; ++round) {
        SCOPED_TRACE(round);
        std::ofstream{scratch_.file()} << whole;
        for (int hits = 0; hits < 30; ++hits) {
            // The first five pages hold the schema, the small tables and the root of the messages.
            spoil(6 + static_cast<std::streamoff>(random()) % (pages() - 5),
                  static_cast<char>(random()));
        }
        expect_no_message_is_lost_by_another(last);
    }
}

TEST_F(DamagedStore, EveryMessageIsMissingIfEveryPageIsBad) {
    constexpr std::uint64_t last = 2000;
    store(1, last);
    for (std::streamoff page = 2; page <= pages(); ++page) spoil(page);
    store::StoreReader reader{scratch_.dir()};
    const Walk found = walk(reader, 1, last);
    EXPECT_TRUE(found.read.empty());
    EXPECT_EQ(found.missing.size(), last);
}

TEST_F(DamagedStore, ATruncatedDatabaseIsAnErrorThatNamesIt) {
    store(1, 2000);
    fs::resize_file(scratch_.file(), fs::file_size(scratch_.file()) / 2);
    expect_store_error(Kind::damaged, scratch_.file().string(),
                       [this] { static_cast<void>(scratch_.read(1, 10)); });
}

// --- The write-ahead log ----------------------------------------------------------------------

/// A store whose last writer was interrupted by a crash of the machine. Its WAL holds ten
/// transactions of twenty messages.
class TornWal : public ::testing::Test {
  protected:
    TornWal() {
        store::StoreWriter writer{whole_.dir()};
        writer.claim();
        for (std::uint64_t id = 1; id <= last; id += batch) {
            store_numbered(writer, id, id + batch - 1, 300);
        }
        database_ = read_file(whole_.file());
        wal_ = read_file(whole_.wal());
    }

    /// Expects that the store holds only whole transactions, without a hole, and that it can be
    /// written.
    /// @return its last id
    static std::uint64_t expect_whole_commits(const ScratchStore& store) {
        store::StoreWriter writer{store.dir()};
        writer.claim();
        const std::uint64_t end = writer.saved_log().last_id;
        EXPECT_EQ(end % batch, 0U);
        EXPECT_EQ(store.read(1, last), numbered_messages(1, end, 300));
        store_numbered(writer, end + 1, last + 1, 300);
        EXPECT_EQ(store.read(1, last + 1), numbered_messages(1, last + 1, 300));
        return end;
    }

    [[nodiscard]] std::uint64_t last_behind(const std::string& wal) const {
        const ScratchStore store;
        std::ofstream{store.file()} << database_;
        std::ofstream{store.wal()} << wal;
        return expect_whole_commits(store);
    }

    static constexpr std::uint64_t last = 200;
    static constexpr std::uint64_t batch = 20;

    ScratchStore whole_;
    std::string database_;
    std::string wal_;
};

TEST_F(TornWal, AWholeWalHoldsEverything) {
    EXPECT_EQ(last_behind(wal_), last);
}

TEST_F(TornWal, ACutWalHoldsEverythingUpToTheLastWholeCommit) {
    std::uint64_t before = 0;
    constexpr std::size_t cuts = 24;
    for (std::size_t cut = 4; cut <= cuts; ++cut) {
        const std::uint64_t end = last_behind(wal_.substr(0, wal_.size() * cut / cuts - 1));
        EXPECT_GE(end, before);
        before = end;
    }
    EXPECT_EQ(before, last - batch) << "only the last commit is torn";
}

TEST_F(TornWal, AWalWithGarbageHoldsEverythingUpToTheLastCommitBeforeIt) {
    for (std::size_t part = 6; part < 12; ++part) {
        std::string wal = wal_;
        wal.replace(wal.size() * part / 12, 5000, std::string(5000, '\x5a'));
        wal.resize(wal_.size());
        EXPECT_LT(last_behind(wal), last);
    }
}

}  // namespace
}  // namespace belfry::test
