#include "shm/log_reader.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

/// Several processes append to one log at the same time, while another one reads.
namespace belfry::test {
namespace {

constexpr std::uint64_t messages_each = 2000;
constexpr std::uint64_t largest_batch = 24;
/// Writers stop when they are this many messages ahead of the reader. The messages that all of them
/// may then add still fit into the ring.
constexpr std::uint64_t window = 200;

struct ReadMark {
    std::atomic<std::uint64_t> read_id;
    shm::Condition moved;
};

class ManyWriters : public SegmentTest, public ::testing::WithParamInterface<std::uint32_t> {
  protected:
    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

    /// Appends all messages of one client in batches of random sizes. Runs in a child.
    int write_all(std::uint32_t number) {
        Sender sender{segment(), number, small_plan().clients[number].id};
        std::mt19937_64 random{number};
        std::uint64_t next = 1;
        while (next <= messages_each) {
            const bool near = mark_->moved.wait_until(deadline(), [this] {
                return log().last_id.load() <= mark_->read_id.load() + window;
            });
            if (!near) return 1;
            const std::uint64_t count =
                std::min(1 + random() % largest_batch, messages_each - next + 1);
            const auto result = sender.append_numbered(next, count);
            if (result.fenced || result.decided != count) return 2;
            next += count;
        }
        return 0;
    }

    /// Reads `total` records and checks each of them.
    void read_all(std::uint64_t total) {
        shm::LogReader reader{segment(), 1 << 14};
        std::uint64_t next = 1;
        while (next <= total) {
            ASSERT_TRUE(log().new_messages.wait_until(deadline(),
                                                      [&] { return segment().visible() >= next; }));
            shm::Chunk chunk;
            ASSERT_EQ(reader.read(next, segment().visible(), shm::LogReader::no_row, chunk),
                      shm::LogReader::Result::copied);
            for (const PlainRecord& record : records_in(chunk.bytes)) {
                ASSERT_EQ(record.id, next++);
                // Each record is whole and is the next one of its sender.
                ASSERT_EQ(number_of(record.body), ++seqs_[std::string{record.sender}]);
            }
            mark_->read_id = chunk.last_id;
            mark_->moved.notify_all();
        }
    }

    Shared<ReadMark> mark_;
    Clock::time_point deadline_ = Clock::now() + 3 * scaled(default_wait);
    std::map<std::string, std::uint64_t> seqs_;
};

TEST_P(ManyWriters, EveryMessageIsReadOnceWholeAndInTheOrderOfItsSender) {
    std::vector<ForkedChild> writers;
    for (std::uint32_t number = 0; number < GetParam(); ++number) {
        writers.emplace_back([this, number] { return write_all(number); });
    }
    read_all(GetParam() * messages_each);
    for (ForkedChild& writer : writers) EXPECT_EQ(writer.wait(), 0);
    EXPECT_EQ(log().last_id.load(), GetParam() * messages_each);
    EXPECT_EQ(seqs_.size(), GetParam());
    EXPECT_GT(segment().position(log().last_id.load() + 1).load(), 2 * segment().ring().size());
}

INSTANTIATE_TEST_SUITE_P(Two, ManyWriters, ::testing::Values(2U));
INSTANTIATE_TEST_SUITE_P(Eight, ManyWriters, ::testing::Values(8U));

}  // namespace
}  // namespace belfry::test
