#include "bench/durable/benchmarks.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/client_ids.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/reading_clients.hpp"
#include "bench/support/series.hpp"
#include "tests/support/deadline.hpp"

#include <cstdio>

namespace belfry::bench {
namespace {

std::vector<std::string> with_sender(std::vector<std::string> ids) {
    ids.emplace_back("sender");
    return ids;
}

/// A server with one sender and many readers that are online.
class Scenario {
  public:
    Scenario(const Options& options, const std::filesystem::path& data_dir, std::uint64_t online)
        : duration_{options.duration},
          reader_ids_{client_ids("r", online - 1)},
          server_{{data_dir, options.durability, with_sender(reader_ids_)}},
          readers_{server_.port(), reader_ids_},
          publisher_{server_.port(), "sender", 1} {}

    /// Returns the rate of the sender, after every reader has read every message.
    double measure() {
        const double rate = publisher_.rate_over(duration_);
        const auto sent = Clock::now();
        readers_.wait_until_each_has(publisher_.answered());
        lags_ms_.push_back(test::milliseconds_since(sent));
        return rate;
    }

    /// Runs once without counting, because each session maps the ring in its first run.
    void warm_up() {
        static_cast<void>(measure());
        lags_ms_.clear();
    }

    /// Returns the milliseconds from the last answer of a run until every reader had read every
    /// message.
    [[nodiscard]] double lag_ms() const { return median(lags_ms_); }

  private:
    Seconds duration_;
    std::vector<std::string> reader_ids_;
    BelfryServer server_;
    ReadingClients readers_;
    Publisher publisher_;
    std::vector<double> lags_ms_;
};

std::string lag_remark(double lag_ms) {
    char text[80];
    static_cast<void>(std::snprintf(
        text, sizeof text, "publish, 1 in flight: every reader is done %.1f ms after the last SENT",
        lag_ms));
    return text;
}

}  // namespace

void publish_to_crowd(const Options& options, const test::TempDir& scratch, Report& report) {
    Scenario crowded{options, scratch.make("crowded"), options.online};
    Scenario alone{options, scratch.make("alone"), 1};
    crowded.warm_up();
    alone.warm_up();
    const std::string online = with_commas(options.online) + " online";
    const auto series =
        measure_in_turn(options.rounds, {{online, [&] { return crowded.measure(); }},
                                         {"1 online", [&] { return alone.measure(); }}});
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "1 online", std::string{wanted::crowd});
    report.add({"crowd", "publish, 1 in flight", Unit::per_second, series, ratios});
    report.remark(lag_remark(crowded.lag_ms()));
}

}  // namespace belfry::bench
