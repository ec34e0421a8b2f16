#include "bench/idle/benchmarks.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/client_ids.hpp"
#include "bench/support/connection.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/read_up_to.hpp"
#include "bench/support/secrets.hpp"
#include "bench/support/series.hpp"
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
    /// @param tls unless it is null, clients may also use TLS
    Scenario(const test::TempDir& scratch, std::size_t clients, const Tls* tls = nullptr)
        : ids_{client_ids("c", clients)}, server_{plan(scratch, tls)}, alone_{processes()} {}

    /// Returns the logins per second if each client connects only after the previous one is live.
    /// @param tls unless it is null, they use TLS
    double one_by_one(const Tls* tls = nullptr) {
        const std::uint16_t port = server_.port({.tls = tls});
        const auto start = Clock::now();
        std::vector<Connection> connections;
        for (const std::string& id : ids_) {
            check_interrupt();
            connections.emplace_back(port, tls);
            connections.back().send(login_line(id));
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
            connections.back().send(login_line(id));
        }
        for (const Connection& connection : connections) read_up_to(connection, "LIVE ");
        return leave(std::move(connections), start);
    }

  private:
    [[nodiscard]] ServerPlan plan(const test::TempDir& scratch, const Tls* tls) const {
        return {scratch.make("belfry"), "memory", ids_, "64M", ids_.size(), {.tls = tls}};
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
                   "the processes of the clients do not end");
        return static_cast<double>(ids_.size()) / seconds;
    }

    std::vector<std::string> ids_;
    BelfryServer server_;
    std::ptrdiff_t alone_;
};

std::size_t clients_of(const CommonOptions& options) {
    return options.quick ? 20 : 1'000;
}

}  // namespace

void measure_tls_logins(const CommonOptions& options, Report& report) {
    const test::TempDir scratch{options.dir};
    const Tls tls;
    Scenario scenario{scratch, clients_of(options), &tls};
    const auto series =
        measure_in_turn(options.rounds, {{"Belfry", [&] { return scenario.one_by_one(&tls); }},
                                         {"without TLS", [&] { return scenario.one_by_one(); }}});
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "without TLS", "at least 0.5");
    report.add({"tls-logins", with_commas(clients_of(options)) + " logins one by one" + over_tls,
                Unit::per_second, series, ratios});
}

void measure_logins(const CommonOptions& options, Report& report) {
    const test::TempDir scratch{options.dir};
    const std::size_t clients = clients_of(options);
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
