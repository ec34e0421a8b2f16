#include "bench/flood/benchmarks.hpp"

#include "bench/flood/attack.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/client_ids.hpp"
#include "bench/support/connection.hpp"
#include "bench/support/plot.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/report.hpp"
#include "bench/support/secrets.hpp"
#include "bench/support/wait.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <optional>

namespace belfry::bench {
namespace {

constexpr std::array<std::string_view, 2> parts{"tcp", "tls"};
constexpr std::uint32_t first_address = 0x7f02'0001;  // 127.2.0.1
constexpr std::chrono::milliseconds pause{10};

/// Returns how many processes and threads the machine has made since it was started.
double processes_made() {
    std::ifstream file{"/proc/stat"};
    std::string word;
    for (double count = 0; file >> word;) {
        if (word == "processes" && file >> count) return count;
    }
    throw test::Failure("/proc/stat has no line `processes`");
}

double processes_a_second(std::chrono::milliseconds duration) {
    const double before = processes_made();
    std::this_thread::sleep_for(duration);
    return (processes_made() - before) / Seconds{duration}.count();
}

/// Clients that log in one after the other, each from an address of its own.
class Clients {
  public:
    Clients(const test::TempDir& scratch, std::size_t clients, const Tls* tls)
        : tls_{tls},
          ids_{client_ids("c", clients)},
          server_{{scratch.make("belfry"), "memory", ids_, "64M", clients, {.tls = tls}}} {}

    [[nodiscard]] std::uint16_t port() const { return server_.port({.tls = tls_}); }

    /// Returns the milliseconds of each login: from just before the client connects until it is
    /// live. A login that fails is missing.
    [[nodiscard]] std::vector<double> log_in() const {
        std::vector<double> times;
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            check_interrupt();
            if (const auto time = log_in(i)) times.push_back(*time);
            std::this_thread::sleep_for(pause);
        }
        return times;
    }

    [[nodiscard]] std::size_t size() const { return ids_.size(); }

  private:
    [[nodiscard]] std::optional<double> log_in(std::size_t index) const try {
        const auto start = Clock::now();
        const Connection connection{port(), tls_,
                                    first_address + static_cast<std::uint32_t>(index)};
        connection.send(login_line(ids_[index]));
        read_up_to(connection, "LIVE ");
        return 1e3 * Seconds{Clock::now() - start}.count();
    } catch (const test::Failure&) {
        return {};
    }

    const Tls* tls_;
    std::vector<std::string> ids_;
    BelfryServer server_;
};

/// The results of the rounds of one attack.
struct Values {
    std::vector<double> median;
    std::vector<double> worst;
    std::vector<double> failed;
    std::vector<double> processes;
};

void add(Values& values, const std::vector<double>& times, std::size_t clients) {
    values.failed.push_back(static_cast<double>(clients - times.size()));
    if (times.empty()) return;
    values.median.push_back(median(times));
    values.worst.push_back(std::ranges::max(times));
}

void report_values(const Values& values, const std::string& what, Report& report) {
    const auto add = [&](const std::string& group, const std::string& figure, Unit unit,
                         const std::vector<double>& all, const std::string& wanted) {
        report.add({group, what + ", " + figure, unit, {{"Belfry", all}}, {}, wanted});
    };
    if (!values.median.empty()) {
        add("flood-median", "median login", Unit::milliseconds, values.median, "at most 20 ms");
        add("flood-worst", "worst login", Unit::milliseconds, {std::ranges::max(values.worst)},
            "at most 500 ms");
    }
    add("flood-failed", "failed logins", Unit::none,
        {std::accumulate(values.failed.begin(), values.failed.end(), 0.0)}, "0");
    if (values.processes.empty()) return;
    add("flood-processes", "processes made for the flood", Unit::per_second, values.processes,
        "at most 50");
}

/// Measures logins during one attack, and the processes that are made for it while nobody logs in.
Values measure_during(const Attack& attack, const CommonOptions& options, const Clients& clients) {
    const std::chrono::milliseconds counting{options.quick ? 50 : 1'000};
    const double usual = processes_a_second(counting);
    const RunningAttack running{attack, clients.port()};
    Values values;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        add(values, clients.log_in(), clients.size());
        values.processes.push_back(std::max(0.0, processes_a_second(counting) - usual));
    }
    return values;
}

void measure(const CommonOptions& options, const Tls* tls, Report& report) {
    const test::TempDir scratch{options.dir};
    const Clients clients{scratch, options.quick ? std::size_t{5} : std::size_t{200}, tls};
    const std::size_t held = options.quick ? 100 : 15'000;
    const std::string transport = tls == nullptr ? "" : over_tls;
    Values alone;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        add(alone, clients.log_in(), clients.size());
    }
    report_values(alone, "nobody else" + transport, report);
    for (const Attack& attack :
         {Attack{1, held}, Attack{200, held}, Attack{1, 0}, Attack{200, 0}}) {
        report_values(measure_during(attack, options, clients), description(attack) + transport,
                      report);
    }
}

}  // namespace

std::vector<std::string_view> flood_benchmarks() {
    return {parts.begin(), parts.end()};
}

void run_flood_benchmarks(const CommonOptions& options) {
    Report report{"flood", "durability memory, 200 clients that log in one by one, " +
                               std::to_string(options.rounds) + " rounds, medians"};
    if (options.only.value_or("tcp") == "tcp") measure(options, nullptr, report);
    if (options.only.value_or("tls") == "tls") {
        const Tls tls;
        measure(options, &tls, report);
    }
    if (options.results) write_results(report, {}, *options.results);
}

}  // namespace belfry::bench
