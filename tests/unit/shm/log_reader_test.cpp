#include "shm/log_reader.hpp"

#include "tests/support/log_reading.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

using shm::Chunk;
using shm::LogReader;

class Reader : public SegmentTest {
  protected:
    /// Appends until the record has left the ring.
    void overrun(std::uint64_t id) {
        while (log().first_id.load() <= id) bob_.say(std::string(1000, 'o'));
    }

    LogReader::Result read(std::uint64_t from, std::uint64_t to,
                           std::uint32_t own_row = LogReader::no_row) {
        return reader_.read(from, to, own_row, chunk_);
    }

    Sender ann_{segment(), 0, "ann"};
    Sender bob_{segment(), 1, "bob"};
    LogReader reader_{segment(), 1 << 16};
    Chunk chunk_;
};

TEST_F(Reader, CopiesManyRecordsInOnePiece) {
    ann_.append({{1, "one"}, {2, "two"}});
    ASSERT_EQ(read(1, 2), LogReader::Result::copied);
    EXPECT_EQ(chunk_.first_id, 1U);
    EXPECT_EQ(chunk_.last_id, 2U);
    EXPECT_EQ(chunk_.bytes, "1 ann 3:one\n2 ann 3:two\n");
    EXPECT_TRUE(chunk_.own.empty());
}

TEST_F(Reader, CopiesNoRecordAfterTheLastRequestedOne) {
    ann_.append({{1, "one"}, {2, "two"}, {3, "three"}});
    ASSERT_EQ(read(2, 2), LogReader::Result::copied);
    EXPECT_EQ(chunk_.bytes, "2 ann 3:two\n");
}

TEST_F(Reader, ALogThatClaimsMoreRecordsThanTheIndexHoldsIsBroken) {
    ann_.append({{1, "one"}});
    const std::uint64_t entries = segment().geometry().index_entries;
    EXPECT_EQ(read(1, entries + 1), LogReader::Result::broken);
    EXPECT_EQ(read(1, 1ULL << 40), LogReader::Result::broken);
}

TEST_F(Reader, ListsTheClientsOwnRecordsWithTheirOffsets) {
    bob_.say("b1");
    ann_.append({{10, "a1"}, {20, ""}});
    bob_.say("b2");
    ann_.append({{30, "a3"}});
    ASSERT_EQ(read(2, 5, ann_.session().row()), LogReader::Result::copied);
    ASSERT_EQ(chunk_.own.size(), 3U);
    EXPECT_EQ(chunk_.own[0].id, 2U);
    EXPECT_EQ(chunk_.own[1].seq, 20U);
    EXPECT_EQ(chunk_.own[2].id, 5U);
    const auto text = [this](std::size_t i) {
        return chunk_.bytes.substr(chunk_.own[i].offset, chunk_.own[i].bytes);
    };
    EXPECT_EQ(text(0), "2 ann 2:a1\n");
    EXPECT_EQ(text(1), "3 ann 0:\n");
    EXPECT_EQ(text(2), "5 ann 2:a3\n");
}

TEST_F(Reader, CopiesAsManyWholeRecordsAsItsBufferHolds) {
    const std::string body(1000, 'b');
    for (int i = 0; i < 40; ++i) ann_.say(body);
    const std::size_t capacity = segment().geometry().max_payload + 2048;
    LogReader small{segment(), capacity};
    std::uint64_t next = 1;
    while (next <= 40) {
        ASSERT_EQ(small.read(next, 40, LogReader::no_row, chunk_), LogReader::Result::copied);
        ASSERT_LE(chunk_.bytes.size(), capacity);
        ASSERT_TRUE(chunk_.last_id == 40 || chunk_.bytes.size() + 1100 > capacity);
        ASSERT_EQ(records_in(chunk_.bytes).size(), chunk_.last_id - next + 1);
        next = chunk_.last_id + 1;
    }
}

TEST_F(Reader, HoldsTheLargestRecordEvenIfCreatedWithASmallBuffer) {
    const std::string largest(segment().geometry().max_payload, 'L');
    ann_.say(largest);
    ann_.say(largest);
    LogReader tiny{segment(), 1};
    ASSERT_EQ(tiny.read(1, 2, LogReader::no_row, chunk_), LogReader::Result::copied);
    EXPECT_EQ(chunk_.last_id, 1U);
    EXPECT_EQ(records_in(chunk_.bytes).at(0).body, largest);
}

TEST_F(Reader, ARecordThatIsLongerThanTheRingIsBroken) {
    ann_.append({{1, "one"}, {2, "two"}});
    const std::uint64_t end = segment().position(3).load();
    segment().position(3).store(segment().position(1).load() + 2 * segment().ring().size());
    LogReader large{segment(), 4 * segment().ring().size()};
    EXPECT_EQ(large.read(1, 2, LogReader::no_row, chunk_), LogReader::Result::broken);
    segment().position(3).store(end);
}

TEST_F(Reader, ContinuesAfterItsBufferWasReleased) {
    ann_.append({{1, "one"}, {2, "two"}});
    ASSERT_EQ(read(1, 1), LogReader::Result::copied);
    reader_.release_buffer();
    ASSERT_EQ(read(2, 2), LogReader::Result::copied);
    EXPECT_EQ(chunk_.bytes, "2 ann 3:two\n");
}

TEST_F(Reader, ReportsThatItWasOverrun) {
    ann_.say("old");
    overrun(1);
    EXPECT_EQ(read(1, log().last_id.load()), LogReader::Result::overrun);
}

TEST_F(Reader, ContinuesAtTheFirstIdOfTheLogAfterAnOverrun) {
    ann_.say("old");
    overrun(1);
    const std::uint64_t first = log().first_id.load();
    EXPECT_GT(first, 1U);
    ASSERT_EQ(read(first, log().last_id.load()), LogReader::Result::copied);
    EXPECT_EQ(records_in(chunk_.bytes).at(0).id, first);
}

TEST_F(Reader, ReadsTheOldestRecordUntilItLeavesTheRing) {
    overrun(1);
    const std::uint64_t oldest = log().first_id.load();
    EXPECT_EQ(read(oldest, oldest), LogReader::Result::copied);
    EXPECT_EQ(read(oldest - 1, oldest), LogReader::Result::overrun);
}

}  // namespace
}  // namespace belfry::test
