#include "bench/durable/benchmarks.hpp"

#include "bench/support/plot.hpp"
#include "tests/support/failure.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <array>
#include <string>

namespace belfry::bench {
namespace {

struct Benchmark {
    std::string_view name;
    void (*run)(const Options& options, const test::TempDir& scratch, Report& report);
};

constexpr std::array<Benchmark, 6> benchmarks{{{"window", &publish_window},
                                               {"single", &publish_single},
                                               {"catch-up", &catch_up_from_store},
                                               {"restart", &restart_with_store},
                                               {"crowd", &publish_to_crowd},
                                               {"growth", &grow_with_messages}}};

std::string conditions(const Options& options) {
    return "durability " + options.durability + ", 64-byte messages, " +
           std::to_string(options.rounds) + " rounds, medians";
}

/// Tells whether files below this path are in memory, so that syncing them costs nothing.
bool is_in_memory(const std::filesystem::path& path) {
    struct statfs found {};
    if (::statfs(path.c_str(), &found) != 0) throw test::system_failure(path.string());
    return found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC;
}

std::vector<Plot> plots() {
    const auto growth = [](const std::string& what) {
        return Plot{"durable-growth-" + what, "growth-" + what, "messages",
                    "How " + what + " grows with the messages", "ms"};
    };
    return {growth("publish"), growth("catch-up"), growth("restart")};
}

}  // namespace

std::vector<std::string_view> durable_benchmarks() {
    return names_of(benchmarks);
}

void run_benchmarks(const Options& options) {
    Report report{"durable", conditions(options)};
    if (is_in_memory(options.dir)) {
        report.remark(options.dir.string() + " is in memory, where a sync costs nothing");
    }
    for (const Benchmark& benchmark : benchmarks) {
        if (options.only && *options.only != benchmark.name) continue;
        const test::TempDir scratch{options.dir};
        benchmark.run(options, scratch, report);
    }
    if (options.results) write_results(report, plots(), *options.results);
}

}  // namespace belfry::bench
