#include "bench/idle/benchmarks.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/client_ids.hpp"
#include "bench/support/connection.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/wait.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds timeout{60};

/// A server whose clients log in and disconnect.
class Scenario {
  public:
    Scenario(const test::TempDir& scratch, std::size_t clients)
        : ids_{client_ids("c", clients)}, server_{plan(scratch)}, alone_{processes()} {}

    /// Returns the logins per second if each client connects only after the previous one is live.
    double one_by_one() {
        const auto start = Clock::now();
        std::vector<Connection> connections;
        for (const std::string& id : ids_) {
            check_interrupt();
            connections.emplace_back(server_.port());
            connections.back().send("LOGIN " + id + "\r\n");
            read_up_to(connections.back(), "LIVE ");
        }
        return leave(std::move(connections), start);
    }

    /// Returns the logins per second if all clients connect and send LOGIN before the first answer
    /// is read.
    double at_once() {
        const auto start = Clock::now();
        std::vector<Connection> connections;
        for (const std::string& id : ids_) {
            connections.emplace_back(server_.port());
            connections.back().send("LOGIN " + id + "\r\n");
        }
        for (const Connection& connection : connections) read_up_to(connection, "LIVE ");
        return leave(std::move(connections), start);
    }

  private:
    [[nodiscard]] ServerPlan plan(const test::TempDir& scratch) const {
        return {scratch.make("belfry"), "memory", ids_, "64M", ids_.size()};
    }

    [[nodiscard]] std::ptrdiff_t processes() const {
        return std::ranges::count(test::processes(), server_.leader(), &test::ProcessInfo::session);
    }

    /// Disconnects all clients, and waits until the server has noticed it. Returns the logins per
    /// second since `start`.
    double leave(std::vector<Connection> connections, Clock::time_point start) {
        const double seconds = Seconds{Clock::now() - start}.count();
        connections.clear();
        wait_until([this] { return processes() <= alone_; }, timeout,
                   "the session processes do not end");
        return static_cast<double>(ids_.size()) / seconds;
    }

    std::vector<std::string> ids_;
    BelfryServer server_;
    std::ptrdiff_t alone_;
};

}  // namespace

void measure_logins(const CommonOptions& options, Report& report) {
    const test::TempDir scratch{options.dir};
    const std::size_t clients = options.quick ? 20 : 1'000;
    Scenario scenario{scratch, clients};
    for (const auto& series :
         measure_in_turn(options.rounds, {{"one by one", [&] { return scenario.one_by_one(); }},
                                          {"at once", [&] { return scenario.at_once(); }}})) {
        report.add({"logins",
                    with_commas(clients) + " logins " + series.name,
                    Unit::per_second,
                    {{"Belfry", series.values}},
                    {},
                    "at least 2,000"});
    }
}

}  // namespace belfry::bench
