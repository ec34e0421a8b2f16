#include "bench/micro/scratch_log.hpp"
#include "shm/log_reader.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace belfry::bench {
namespace {

/// Appends messages in batches of 64.
void fill(ScratchLog& log, std::size_t batches, std::size_t bytes) {
    const std::string body(bytes, 'x');
    const std::vector<shm::NewMessage> batch(64, shm::NewMessage{0, body});
    std::vector<shm::Outcome> outcomes(batch.size());
    Member member{log, 0};
    for (; batches > 0; --batches) static_cast<void>(member.writer().append(batch, outcomes));
}

/// Copies 16 MiB of records out of the ring again and again, 64 KiB at a time.
void read(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    ScratchLog log;
    log.populate();
    fill(log, (16U << 20) / 64 / (bytes + 40), bytes);
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
BENCHMARK(read)->ArgName("bytes")->Arg(64)->Arg(1024);

}  // namespace
}  // namespace belfry::bench
