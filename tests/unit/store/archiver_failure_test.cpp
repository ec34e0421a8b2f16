#include "base/clock.hpp"
#include "shm/seq_reset.hpp"
#include "shm/seq_rules.hpp"
#include "store/archiver.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/unit/store/archiver_fixture.hpp"

#include <boost/interprocess/sync/scoped_lock.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <memory>

namespace belfry::test {
namespace {

using Kind = store::StoreError::Kind;
using shm::Durability;

// --- Retention --------------------------------------------------------------------------------

TEST_F(ArchiverTest, RetentionDeletesTheOldestMessagesInTheStoreAndInTheRing) {
    segment().archiver().keep_messages = 3;
    const auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 10);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both_.stored_bodies(), numbered_bodies(8, 10));
    EXPECT_EQ(log().first_id, 8U);
    EXPECT_EQ(log().last_id, 10U);
    EXPECT_EQ(ann_.append_numbered(11, 1).decided, 1U);
}

TEST_F(ArchiverTest, RetentionByAgeMayDeleteEverything) {
    segment().archiver().keep_ms = 1;
    const auto archiver = both_.started_archiver();
    ann_.append_numbered(1, 10);
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(archiver->work());
        return log().first_id == 11;
    }));
    EXPECT_TRUE(both_.stored().empty());
    EXPECT_EQ(both_.saved().last_id, 10U);
    EXPECT_EQ(both_.saved_client("ann").seq, 10U);
    EXPECT_EQ(ann_.append_numbered(11, 1).last_id, 11U);
}

TEST_F(ArchiverTest, RetentionThatMeetsADamagedPageDoesNotBlockNewMessages) {
    {
        const auto archiver = both_.started_archiver();
        for (std::uint64_t seq = 1; seq <= 300; seq += 10) {
            ASSERT_EQ(ann_.append_numbered(seq, 10).decided, 10U);
            ASSERT_TRUE(archiver->work());
        }
        archiver->drain();
    }
    const auto file = store::store_file(both_.dir());
    std::string bytes = read_file(file);
    const auto at = bytes.find(numbered_body(20));
    ASSERT_NE(at, std::string::npos);
    std::ofstream{file} << bytes.replace(at / 4096 * 4096, 4096, std::string(4096, '\xa5'));

    segment().archiver().keep_messages = 3;
    const auto archiver = both_.started_archiver();
    EXPECT_TRUE(archiver->work());
    ASSERT_EQ(both_.said().size(), 1U);
    EXPECT_NE(both_.said()[0].find("cannot delete old messages"), std::string::npos);
    ann_.append_numbered(301, 5);
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(log().stored_id, 305U);
    archiver->drain();
    EXPECT_EQ(both_.said().size(), 1U);
    EXPECT_EQ(log().first_id, 1U);
}

TEST_F(ArchiverTest, RetentionOfVeryManyMessagesDoesNotLetTheWalGrow) {
    constexpr std::uint64_t last = 80'000;
    constexpr std::size_t body_bytes = 300;
    LogAndStore both{Durability::commit, last};
    {
        store::StoreWriter writer{both.dir()};
        store_numbered(writer, 1, last, body_bytes);
    }
    both.segment().archiver().keep_messages = 10;
    const auto archiver = both.started_archiver();
    const auto delete_more = [&] {
        static_cast<void>(archiver->work());
        return store::StoreReader{both.dir()}.first_id() == last - 9;
    };
    ASSERT_TRUE(eventually(delete_more, 6 * default_wait));  // even a fast disk needs time for this
    const auto file = store::store_file(both.dir()).string();
    EXPECT_LT(std::filesystem::file_size(file + "-wal"), std::filesystem::file_size(file) / 2);
}

TEST_F(ArchiverTest, RetentionDoesNotChangeARingThatNoLongerHoldsTheDeletedMessages) {
    segment().archiver().keep_messages = 100;
    const auto archiver = both_.started_archiver();
    for (std::uint64_t seq = 1; seq <= 120; ++seq) {
        ASSERT_EQ(ann_.append({{seq, std::string(5000, 'x')}}).decided, 1U);
        ASSERT_TRUE(archiver->work());
    }
    const std::uint64_t first = log().first_id;
    ASSERT_GT(first, 21U);
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(archiver->work());
        return both_.stored().size() == 100;
    }));
    EXPECT_EQ(log().first_id, first);
}

// --- A store that vanishes --------------------------------------------------------------------

TEST_F(ArchiverTest, ACommitToADeletedFileDoesNotCountAsStored) {
    for (const char* suffix : {"", "-wal"}) {
        const auto archiver = both_.started_archiver();
        ann_.say("one");
        EXPECT_TRUE(archiver->work());
        const std::uint64_t stored = log().stored_id;
        const std::string file = store::store_file(both_.dir()).string() + suffix;
        std::filesystem::rename(file, file + ".aside");
        ann_.say("two");
        expect_store_error(Kind::failing, "no longer exists",
                           [&] { static_cast<void>(archiver->work()); });
        EXPECT_EQ(log().stored_id, stored);
        std::filesystem::rename(file + ".aside", file);
    }
    both_.started_archiver()->drain();
    EXPECT_EQ(both_.stored_bodies(), (std::vector<std::string>{"one", "two", "one", "two"}));
}

TEST_F(ArchiverTest, NoticesThatAnyFileOfItsStoreIsMissing) {
    for (const char* name : {"belfry.db", "belfry.db-wal", "belfry.db-shm", "store-lock"}) {
        const auto archiver = both_.started_archiver();
        static_cast<void>(archiver->work());
        std::filesystem::rename(both_.dir() / name, both_.dir() / "aside");
        expect_store_error(Kind::failing, name, [&] { archiver->require_files(); });
        std::filesystem::rename(both_.dir() / "aside", both_.dir() / name);
        archiver->require_files();
    }
}

TEST_F(ArchiverTest, ADrainIntoADeletedFileIsNotACleanEnd) {
    const auto archiver = both_.started_archiver();
    ann_.say("one");
    static_cast<void>(archiver->work());
    EXPECT_FALSE(store::holds_whole_log(both_.dir(), segment()));
    std::filesystem::remove(store::store_file(both_.dir()));
    expect_store_error(Kind::failing, "no longer exists", [&] { archiver->drain(); });
    EXPECT_FALSE(store::holds_whole_log(both_.dir(), segment()));
    EXPECT_FALSE(store::can_resume(both_.dir(), segment()));
}

TEST_F(ArchiverTest, TheSegmentMayBeRemovedOnlyIfTheStoreAtItsPathHoldsEverything) {
    {
        const auto archiver = both_.started_archiver();
        ann_.say("one");
        static_cast<void>(archiver->work());
        EXPECT_FALSE(store::holds_whole_log(both_.dir(), segment())) << "it is not clean";
        archiver->drain();
    }
    EXPECT_TRUE(store::holds_whole_log(both_.dir(), segment()));
    ann_.say("two");
    EXPECT_FALSE(store::holds_whole_log(both_.dir(), segment()));
    EXPECT_TRUE(store::can_resume(both_.dir(), segment()));
    both_.execute("UPDATE log SET epoch = 'f', last_id = 2");
    EXPECT_FALSE(store::holds_whole_log(both_.dir(), segment()));
    EXPECT_FALSE(store::can_resume(both_.dir(), segment()));
}

/// Runs a test with a damaged entry of the index, and repairs it afterwards.
template <class T>
class Damage {
  public:
    Damage(std::atomic<T>& word, T value) : word_{&word}, before_{word.exchange(value)} {}
    Damage(const Damage&) = delete;
    Damage& operator=(const Damage&) = delete;
    ~Damage() { *word_ = before_; }

  private:
    std::atomic<T>* word_;
    T before_;
};

TEST_F(ArchiverTest, ADamagedIndexKeepsNoMessageFromTheStore) {
    const auto archiver = both_.started_archiver();
    ann_.append({{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}});
    const Damage position{segment().position(2), segment().position(2).load() + 1};
    const Damage other_sender{segment().sender(3), std::uint32_t{1}};
    const Damage no_sender{segment().sender(4), std::uint32_t{1} << 31};
    EXPECT_TRUE(archiver->work());
    EXPECT_EQ(both_.stored_bodies(), (std::vector<std::string>{"one", "two", "three", "four"}));
    for (const KeptMessage& message : both_.stored()) EXPECT_EQ(message.sender, "ann");
}

TEST_F(ArchiverTest, ADamagedRecordIsAFailureOfTheStoreThatNamesTheMessage) {
    const auto archiver = both_.started_archiver();
    ann_.append({{1, "one"}, {2, "two"}});
    char& verb = segment().ring()[segment().position(2) % segment().ring().size()];
    verb = 'X';
    expect_store_error(Kind::failing, "message 2 in the shared memory is damaged",
                       [&] { static_cast<void>(archiver->work()); });
    verb = 'M';
}

TEST_F(ArchiverTest, DoesNotCreateAMissingStore) {
    std::filesystem::remove(store::store_file(both_.dir()));
    expect_store_error(Kind::failing, "belfry.db no longer exists",
                       [this] { static_cast<void>(both_.archiver()); });
    EXPECT_FALSE(store::has_store(both_.dir()));
}

}  // namespace
}  // namespace belfry::test
