#include "bench/support/memory.hpp"

#include "bench/idle/benchmarks.hpp"
#include "bench/support/belfry_peer.hpp"
#include "bench/support/client_ids.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/reading_clients.hpp"
#include "tests/support/temp_dir.hpp"

#include <functional>
#include <thread>

namespace belfry::bench {
namespace {

/// How long to wait before memory is measured. The kernel needs a moment to free buffers in flight,
/// and a session that has read something releases its buffers after it was idle for five to ten
/// seconds.
constexpr std::chrono::milliseconds settling{300};
constexpr std::chrono::milliseconds until_idle{11'000};

constexpr std::size_t message_bytes = 1'024;
constexpr std::uint64_t in_flight = 1'000;

struct PerClient {
    double machine;  ///< how much less memory is available
    double own;      ///< anonymous memory of its process; shared pages count proportionally
    double page_tables;
    double kernel_stacks;
    double slab;
};

PerClient operator/(PerClient sum, double clients) {
    return {sum.machine / clients, sum.own / clients, sum.page_tables / clients,
            sum.kernel_stacks / clients, sum.slab / clients};
}

/// Returns the memory of clients that log in and read everything. The OpenSSL of this program does
/// not count.
/// @param tls unless it is null, they use TLS
PerClient measure_clients(const BelfryServer& server, const std::vector<std::string>& ids,
                          const Tls* tls = nullptr) {
    std::this_thread::sleep_for(settling);
    const MachineMemory before = machine_memory();
    const double own_before = private_memory(server.leader());
    const double generator_before = private_memory_of_this_process();
    const ReadingClients clients{server.port({.tls = tls}), ids, tls};
    std::this_thread::sleep_for(until_idle);
    const MachineMemory after = machine_memory();
    const double generator = private_memory_of_this_process() - generator_before;
    const PerClient sum{before.available - after.available - generator,
                        private_memory(server.leader()) - own_before,
                        after.page_tables - before.page_tables,
                        after.kernel_stacks - before.kernel_stacks, after.slab - before.slab};
    return sum / static_cast<double>(ids.size());
}

PerClient measure_idle(const CommonOptions& options, std::size_t clients,
                       const Tls* tls = nullptr) {
    const test::TempDir scratch{options.dir};
    const auto ids = client_ids("c", clients);
    const BelfryServer server{
        {scratch.make("belfry"), "memory", ids, "64M", clients, {.tls = tls}}};
    return measure_clients(server, ids, tls);
}

/// Publishes nearly a whole ring, so that no client receives a GAP.
void fill_ring(const BelfryServer& server) {
    constexpr std::uint64_t ring = 62U << 20;
    const std::uint64_t record = BelfryPeer::bytes_beside_id(message_bytes) + 8;
    Publisher{server.port(), "publisher", in_flight, message_bytes}.publish(ring / record);
}

PerClient measure_readers(const CommonOptions& options, std::size_t clients) {
    const test::TempDir scratch{options.dir};
    const auto ids = client_ids("c", clients);
    auto all = ids;
    all.emplace_back("publisher");
    const BelfryServer server{{scratch.make("belfry"), "memory", all, "64M", all.size()}};
    fill_ring(server);
    return measure_clients(server, ids);
}

void report_memory(const CommonOptions& options, Report& report, std::size_t clients,
                   const std::string& what, const char* wanted,
                   const std::function<PerClient()>& measure) {
    std::vector<Series> series{
        {"Belfry", {}}, {"own", {}}, {"page tables", {}}, {"kernel stacks", {}}, {"slab", {}}};
    for (std::size_t round = 0; round < options.rounds; ++round) {
        const PerClient one = measure();
        series[0].values.push_back(one.machine);
        series[1].values.push_back(one.own);
        series[2].values.push_back(one.page_tables);
        series[3].values.push_back(one.kernel_stacks);
        series[4].values.push_back(one.slab);
    }
    report.add({what,
                with_commas(clients) + " clients " + what + ", each",
                Unit::kibibytes,
                series,
                {},
                wanted,
                {{"clients", static_cast<double>(clients)}}});
}

}  // namespace

void measure_idle_memory(const CommonOptions& options, Report& report) {
    const std::vector<std::size_t> all =
        options.quick ? std::vector<std::size_t>{20} : std::vector<std::size_t>{100, 1'000, 10'000};
    for (const std::size_t clients : all) {
        report_memory(options, report, clients, "idle", "at most 220 KiB",
                      [&] { return measure_idle(options, clients); });
    }
}

void measure_tls_memory(const CommonOptions& options, Report& report) {
    const std::vector<std::size_t> all =
        options.quick ? std::vector<std::size_t>{20} : std::vector<std::size_t>{100, 1'000};
    const Tls tls;
    for (const std::size_t clients : all) {
        report_memory(options, report, clients, "idle" + std::string{over_tls}, "at most 500 KiB",
                      [&] { return measure_idle(options, clients, &tls); });
    }
}

void measure_memory_after_reading(const CommonOptions& options, Report& report) {
    const std::vector<std::size_t> all =
        options.quick ? std::vector<std::size_t>{5} : std::vector<std::size_t>{100, 1'000};
    for (const std::size_t clients : all) {
        report_memory(options, report, clients, "idle after reading a ring", "at most 220 KiB",
                      [&] { return measure_readers(options, clients); });
    }
}

}  // namespace belfry::bench
