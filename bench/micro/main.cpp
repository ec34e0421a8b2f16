#include "bench/support/main.hpp"

#include "bench/support/common_options.hpp"
#include "bench/support/plot.hpp"
#include "bench/support/report.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

namespace belfry::bench {
namespace {

/// Adds each benchmark with its repetitions to a report. The label of a benchmark is its wanted
/// value.
class ReportingReporter : public benchmark::BenchmarkReporter {
  public:
    explicit ReportingReporter(Report& report) : report_{&report} {}

    bool ReportContext(const Context& /*context*/) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        Figure figure;
        figure.group = "micro";
        figure.series.push_back({"Belfry", {}});
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration) continue;
            figure.what = what(run);
            figure.wanted = run.report_label;
            add(figure, run);
        }
        if (!figure.what.empty()) report_->add(std::move(figure));
    }

  private:
    static std::string what(const Run& run) {
        const std::string& arguments = run.run_name.args;
        return run.run_name.function_name + (arguments.empty() ? "" : ", " + arguments);
    }

    static void add(Figure& figure, const Run& run) {
        const auto rate = run.counters.find("items_per_second");
        const bool is_rate = rate != run.counters.end();
        figure.unit = is_rate ? Unit::per_second : Unit::nanoseconds;
        const double seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
        figure.series.front().values.push_back(is_rate ? rate->second.value : 1e9 * seconds);
    }

    Report* report_;
};

void run(const CommonOptions& options) {
    std::vector<std::string> flags{"micro",
                                   "--benchmark_repetitions=" + std::to_string(options.rounds)};
    if (options.quick) flags.emplace_back("--benchmark_min_time=0.01");
    if (options.only) flags.emplace_back("--benchmark_filter=" + *options.only);
    std::vector<char*> words;
    words.reserve(flags.size());
    for (std::string& flag : flags) words.push_back(flag.data());
    int count = static_cast<int>(words.size());
    benchmark::Initialize(&count, words.data());

    Report report{"micro", std::to_string(options.rounds) + " rounds, medians"};
    ReportingReporter reporter{report};
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (options.results) write_results(report, {}, *options.results);
}

}  // namespace
}  // namespace belfry::bench

int main(int argc, char** argv) {
    namespace bench = belfry::bench;
    return bench::run_main("micro", [&] {
        const auto options =
            bench::read_common_options({"micro", "Measures the operations of the shared log.", {}},
                                       {argv + std::min(argc, 1), argv + argc});
        if (options) bench::run(*options);
        return EXIT_SUCCESS;
    });
}
