#include "bench/micro/crew.hpp"
#include "bench/micro/scratch_log.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

namespace belfry::bench {
namespace {

/// Appends batches again and again, as a session child does. No process sleeps on the log.
class Sender {
  public:
    Sender(ScratchLog& log, std::size_t number, std::size_t batch, std::size_t bytes)
        : member_{log, number},
          body_(bytes, 'x'),
          batch_(batch, shm::NewMessage{0, body_}),
          outcomes_(batch) {}
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void append() { benchmark::DoNotOptimize(member_.writer().append(batch_, outcomes_).last_id); }

  private:
    Member member_;
    std::string body_;
    std::vector<shm::NewMessage> batch_;
    std::vector<shm::Outcome> outcomes_;
};

const char* wanted(const benchmark::State& state) {
    if (state.range(0) != 1 || state.range(2) != 64) return "";
    return state.range(1) == 1 ? "at least 5 M/s" : "at least 20 M/s";
}

void append(benchmark::State& state) {
    constexpr std::size_t messages = 1U << 18;
    const auto processes = static_cast<std::size_t>(state.range(0));
    const auto batch = static_cast<std::size_t>(state.range(1));
    const auto bytes = static_cast<std::size_t>(state.range(2));
    ScratchLog log{processes};
    for ([[maybe_unused]] auto round : state) {
        state.SetIterationTime(run_crew(processes, [&](std::size_t number) {
            log.populate();
            const auto sender = std::make_shared<Sender>(log, number, batch, bytes);
            return [sender, batch] {
                for (std::size_t i = 0; i < messages; i += batch) sender->append();
            };
        }));
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * messages * processes));
    state.SetLabel(wanted(state));
}
BENCHMARK(append)
    ->ArgNames({"processes", "batch", "bytes"})
    ->ArgsProduct({{1, 2, 4}, {1, 64}, {64, 1024}})
    ->UseManualTime();

}  // namespace
}  // namespace belfry::bench
