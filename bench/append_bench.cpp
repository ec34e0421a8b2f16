#include "shm/log_lock.hpp"
#include "shm/log_reader.hpp"
#include "shm/log_writer.hpp"
#include "shm/segment_file.hpp"
#include "shm/session.hpp"
#include "shm/session_slots.hpp"
#include "wire/print.hpp"

#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

/// What one process can do with the log while nobody sleeps on it.
namespace belfry::bench {
namespace {

/// A log of its own with one session logged in; removed at the end.
class ScratchLog {
  public:
    ScratchLog() {
        std::filesystem::create_directories(dir_);
        shm::SegmentPlan plan;
        plan.epoch = "1";
        plan.clients.push_back({"1"});
        found_.emplace(shm::create_segment(dir_, plan));
        session_.emplace(segment(), 0, shm::give_slot(segment(), 0).generation);
        shm::Session::Welcome welcome;
        if (!session_->claim() ||
            session_->login("1", welcome) != shm::Session::LoginResult::welcome) {
            std::abort();
        }
        writer_.emplace(segment(), *session_, shm::RecordFormat{&wire::print_message_head, "\r\n"});
    }
    ScratchLog(const ScratchLog&) = delete;
    ScratchLog& operator=(const ScratchLog&) = delete;
    ~ScratchLog() {
        shm::remove_segment(dir_, found_->name);
        std::filesystem::remove_all(dir_);
    }

    shm::Segment& segment() { return found_->segment; }
    shm::LogWriter& writer() { return *writer_; }

  private:
    std::filesystem::path dir_ =
        std::filesystem::temp_directory_path() / ("belfry-bench-" + shm::random_hex(8));
    std::optional<shm::FoundSegment> found_;
    std::optional<shm::Session> session_;
    std::optional<shm::LogWriter> writer_;
};

void lock_and_unlock(benchmark::State& state) {
    ScratchLog log;
    shm::LogLock lock{log.segment()};
    for ([[maybe_unused]] auto round : state) {
        lock.lock();
        lock.unlock();
    }
}
BENCHMARK(lock_and_unlock);

void append(benchmark::State& state) {
    ScratchLog log;
    const std::string body(static_cast<std::size_t>(state.range(1)), 'x');
    const std::vector<shm::NewMessage> batch(static_cast<std::size_t>(state.range(0)),
                                             shm::NewMessage{0, body});
    std::vector<shm::Outcome> outcomes(batch.size());
    for ([[maybe_unused]] auto round : state) {
        const auto result = log.writer().append(batch, outcomes);
        benchmark::DoNotOptimize(result.last_id);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(append)->ArgNames({"batch", "bytes"})->Args({1, 64})->Args({64, 64})->Args({64, 1024});

void read(benchmark::State& state) {
    ScratchLog log;
    const std::string body(64, 'x');
    const std::vector<shm::NewMessage> batch(64, shm::NewMessage{0, body});
    std::vector<shm::Outcome> outcomes(batch.size());
    for (int round = 0; round < 4'000; ++round) {
        static_cast<void>(log.writer().append(batch, outcomes));
    }
    const std::uint64_t last = log.segment().visible();
    shm::LogReader reader{log.segment(), 64 << 10};
    std::int64_t records = 0;
    std::uint64_t next = 1;
    for ([[maybe_unused]] auto round : state) {
        shm::Chunk chunk;
        benchmark::DoNotOptimize(reader.read(next, last, shm::LogReader::no_row, chunk));
        records += static_cast<std::int64_t>(chunk.last_id - chunk.first_id + 1);
        next = chunk.last_id == last ? 1 : chunk.last_id + 1;
    }
    state.SetItemsProcessed(records);
}
BENCHMARK(read);

}  // namespace
}  // namespace belfry::bench

BENCHMARK_MAIN();
