#include "shm/client_table.hpp"
#include "shm/log_reader.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>

/// Writers and readers run as threads of one process here, so that ThreadSanitizer sees the races
/// that processes could have.
namespace belfry::test {
namespace {

constexpr std::uint32_t writers = 3;
constexpr std::uint64_t messages_each = 5000;
constexpr std::uint64_t total = writers * messages_each;

class Threads : public SegmentTest {
  protected:
    void write(std::uint32_t number) {
        Sender sender{segment(), number, small_plan().clients[number].id};
        std::mt19937_64 random{number};
        for (std::uint64_t next = 1; next <= messages_each;) {
            const std::uint64_t count = std::min(1 + random() % 40, messages_each - next + 1);
            next += sender.append_numbered(next, count).decided;
            (void)sender.session().acknowledge(log().last_id.load());
        }
        sender.session().leave();
    }

    /// Reads to the end.
    /// @param lag how many new messages to wait for before each read
    /// @return how often the reader was overrun
    int read(std::uint64_t lag) {
        shm::LogReader reader{segment(), 1 << 13};
        std::array<std::uint64_t, writers> seqs{};
        int overruns = 0;
        for (std::uint64_t next = 1; next <= total;) {
            const std::uint64_t until = std::min(next + lag - 1, total);
            const auto is_there = [&] { return segment().visible() >= until; };
            if (!log().new_messages.wait_until(deadline_, is_there)) {
                ADD_FAILURE() << "no new message after " << next;
                return overruns;
            }
            shm::Chunk chunk;
            if (reader.read(next, segment().visible(), 0, chunk) ==
                shm::LogReader::Result::overrun) {
                ++overruns;
                next = log().first_id.load();
                continue;
            }
            check(chunk, seqs);
            next = chunk.last_id + 1;
        }
        return overruns;
    }

    /// Reads the oldest records, which are overwritten next, again and again until everything has
    /// been written.
    /// @return how many chunks held a torn record
    std::uint64_t count_torn_at_the_edge() {
        shm::LogReader reader{segment(), 1 << 16};
        std::uint64_t torn = 0;
        while (log().last_id.load() < total && Clock::now() < deadline_) {
            const std::uint64_t first = log().first_id.load();
            shm::Chunk chunk;
            if (segment().visible() < first) continue;
            if (reader.read(first, segment().visible(), shm::LogReader::no_row, chunk) !=
                shm::LogReader::Result::copied) {
                continue;
            }
            torn += count_torn(chunk);
        }
        return torn;
    }

    static std::uint64_t count_torn(const shm::Chunk& chunk) {
        std::string_view bytes = chunk.bytes;
        for (std::uint64_t id = chunk.first_id; id <= chunk.last_id; ++id) {
            const auto record = take_record(bytes);
            if (!record || record->id != id || !number_of(record->body)) return 1;
        }
        return bytes.empty() ? 0 : 1;
    }

    void check(const shm::Chunk& chunk, std::array<std::uint64_t, writers>& seqs) {
        std::uint64_t id = chunk.first_id;
        std::size_t own = 0;
        for (const PlainRecord& record : records_in(chunk.bytes)) {
            EXPECT_EQ(record.id, id++);
            const auto row = shm::find_client(segment(), record.sender).value();
            const std::uint64_t seq = number_of(record.body).value_or(0);
            EXPECT_GT(seq, seqs.at(row));
            seqs.at(row) = seq;
            if (row != 0) continue;
            EXPECT_EQ(chunk.own[own++].seq, seq);
        }
        EXPECT_EQ(chunk.own.size(), own);
    }

    Clock::time_point deadline_ = Clock::now() + 6 * scaled(default_wait);
};

TEST_F(Threads, ReadersSeeOnlyWholeRecordsEvenWhenTheyAreOverrun) {
    int overruns = 0;
    {
        std::jthread late{[&] { overruns = read(2000); }};  // more than the ring can hold
        const std::jthread prompt{[&] { read(1); }};
        std::vector<std::jthread> threads;
        for (std::uint32_t number = 0; number < writers; ++number) {
            threads.emplace_back([this, number] { write(number); });
        }
    }
    EXPECT_GT(overruns, 0);
    EXPECT_EQ(log().last_id.load(), total);
    EXPECT_GT(segment().position(total + 1).load(), 5 * segment().ring().size());
    EXPECT_EQ(shm::count_online(segment()), 0U);
}

TEST_F(Threads, AReaderOfTheOldestRecordsSeesNoTornRecord) {
    std::uint64_t torn = 0;
    {
        const std::jthread edge{[&] { torn = count_torn_at_the_edge(); }};
        std::vector<std::jthread> threads;
        for (std::uint32_t number = 0; number < writers; ++number) {
            threads.emplace_back([this, number] { write(number); });
        }
    }
    EXPECT_EQ(torn, 0U);
}

TEST_F(Threads, SessionsOfOneClientTakeOverFromEachOther) {
    const auto fight = [this](std::uint32_t slot) {
        for (int login = 0; login < 300; ++login) {
            Sender ann{segment(), slot, "ann"};
            for (int say = 0; say < 20 && !ann.say("mine").fenced; ++say) {
                (void)ann.session().acknowledge(log().last_id.load());
            }
            ann.session().leave();
        }
    };
    {
        const std::jthread one{fight, 0};
        const std::jthread two{fight, 1};
    }
    EXPECT_EQ(log().last_id.load(), segment().client(0).last_seq.load());
}

}  // namespace
}  // namespace belfry::test
