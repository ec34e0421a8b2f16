#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <random>

/// In these tests the byte ring and the index wrap around.
namespace belfry::test {
namespace {

class LogWrap : public SegmentTest {
  protected:
    /// Appends a body, and checks that the newest records are the bodies that were appended last.
    void append_and_compare(const std::string& body) {
        bodies_.push_back(body);
        ASSERT_EQ(ann_.say(body).last_id, bodies_.size());
        compare_the_newest(3);
    }

    void compare_the_newest(std::uint64_t count) {
        const std::uint64_t last = bodies_.size();
        const std::uint64_t from = std::max(log().first_id.load(), last > count ? last - count : 1);
        const auto records = read_records(segment(), from, last);
        ASSERT_EQ(records.size(), last - from + 1);
        for (const KeptRecord& record : records) {
            ASSERT_EQ(record.body, bodies_[record.id - 1]) << "record " << record.id;
        }
    }

    /// Returns how often the byte ring has wrapped around.
    [[nodiscard]] std::uint64_t rounds() {
        return segment().position(bodies_.size() + 1).load() / segment().ring().size();
    }

    Sender ann_{segment(), 0, "ann"};
    std::vector<std::string> bodies_;
};

TEST_F(LogWrap, RecordsThatWrapAroundTheByteRingAreReadWhole) {
    std::mt19937 random{1};
    while (rounds() < 5) {
        ASSERT_NO_FATAL_FAILURE(append_and_compare(
            std::string(random() % 3000, static_cast<char>('a' + random() % 26))));
    }
    compare_the_newest(bodies_.size());
    EXPECT_EQ(scratch_.broken(), std::vector<std::string>{});
}

TEST_F(LogWrap, RecordsOfTheLargestPayloadWrapAround) {
    const std::size_t largest = segment().geometry().max_payload;
    for (int i = 0; i < 40; ++i) {
        ASSERT_NO_FATAL_FAILURE(
            append_and_compare(std::string(largest, static_cast<char>('a' + i % 26))));
    }
    EXPECT_GE(rounds(), 4U);
}

TEST_F(LogWrap, TinyRecordsWrapAroundTheIndex) {
    const std::uint64_t entries = segment().geometry().index_entries;
    while (bodies_.size() < 3 * entries) {
        bodies_.resize(bodies_.size() + entries / 4);
        ann_.append(std::vector<shm::NewMessage>(entries / 4, {0, ""}));
        ASSERT_EQ(scratch_.broken(), std::vector<std::string>{});
    }
    EXPECT_EQ(log().last_id.load(), 3 * entries);
    compare_the_newest(bodies_.size());
}

TEST_F(LogWrap, AFullIndexDropsRecordsEvenIfBytesAreLeft) {
    const std::uint64_t entries = segment().geometry().index_entries;
    for (std::uint64_t i = 0; i < 2 * entries; ++i) ann_.say("");
    EXPECT_LT(segment().position(2 * entries + 1).load(), segment().ring().size());
    // The index has one entry more than there are records, which holds the end of the log.
    EXPECT_EQ(log().last_id.load() - log().first_id.load() + 2, entries);
    EXPECT_EQ(read_ring(segment()).size(), entries - 1);
}

TEST_F(LogWrap, TheRingIsFilledToTheLastByte) {
    const std::string body(1000, 'b');
    for (int i = 0; i < 200; ++i) ann_.say(body);
    const std::uint64_t used = segment().position(log().last_id.load() + 1).load() -
                               segment().position(log().first_id.load()).load();
    EXPECT_LE(used, segment().ring().size());
    EXPECT_GT(used + 1100, segment().ring().size());
}

TEST_F(LogWrap, FirstIdIsNeverMoreThanOneAboveLastId) {
    std::mt19937 random{2};
    for (int i = 0; i < 2000; ++i) {
        ann_.say(std::string(random() % 4 == 0 ? 8000 : random() % 10, 'x'));
        ASSERT_LE(log().first_id.load(), log().last_id.load() + 1);
        ASSERT_LE(log().first_id.load(), log().last_id.load());  // the newest is always there
    }
}

}  // namespace
}  // namespace belfry::test
