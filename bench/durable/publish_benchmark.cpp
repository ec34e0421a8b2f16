#include "bench/durable/benchmarks.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/jetstream_publisher.hpp"
#include "bench/support/nats_server.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/redis_server.hpp"
#include "bench/support/series.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace belfry::bench {
namespace {

/// Measures the rate of Belfry at each call.
class Belfry {
  public:
    Belfry(const Options& options, const test::TempDir& scratch, std::uint64_t in_flight)
        : duration_{options.duration},
          server_{{scratch.make("belfry"), options.durability, {"sender"}}},
          publisher_{server_.port(), "sender", in_flight} {}

    double operator()() { return publisher_.rate_over(duration_); }

  private:
    Seconds duration_;
    BelfryServer server_;
    Publisher publisher_;
};

/// Measures the rate of Redis at each call. The rate of the previous call is used to make a call
/// about as long as one of Belfry's.
class Redis {
  public:
    Redis(const Options& options, const test::TempDir& scratch, std::uint64_t in_flight)
        : duration_{options.duration},
          in_flight_{in_flight},
          server_{RedisServer::Use::synced_streams, scratch.make("redis")} {
        constexpr std::uint64_t first_commands = 200;
        rate_ = server_.append_rate(in_flight_,
                                    first_commands * std::min<std::uint64_t>(in_flight_, 100));
    }

    double operator()() {
        const double commands = std::max(1.0, rate_ * duration_.count());
        rate_ = server_.append_rate(in_flight_, static_cast<std::uint64_t>(std::llround(commands)));
        return rate_;
    }

  private:
    Seconds duration_;
    std::uint64_t in_flight_;
    RedisServer server_;
    double rate_ = 0;
};

/// Measures the rate of NATS JetStream at each call.
class JetStream {
  public:
    JetStream(const Options& options, const std::filesystem::path& dir, std::uint64_t in_flight)
        : duration_{options.duration},
          server_{NatsServer::Use::synced_streams, dir},
          publisher_{server_.port(), in_flight} {}

    double operator()() { return publisher_.rate_over(duration_); }

  private:
    Seconds duration_;
    NatsServer server_;
    JetStreamPublisher publisher_;
};

/// Runs each server once before the first run that counts.
template <typename Server>
Contestant warm(const char* name, std::shared_ptr<Server> server) {
    static_cast<void>((*server)());
    return {name, [server] { return (*server)(); }};
}

void add_redis(std::vector<Contestant>& all, const Options& options, const test::TempDir& scratch,
               std::uint64_t in_flight, Report& report) {
    if (!RedisServer::is_installed() || !RedisServer::has_benchmark()) {
        report.remark("redis-server or redis-benchmark is not installed: no comparison with Redis");
        return;
    }
    all.push_back(warm("Redis", std::make_shared<Redis>(options, scratch, in_flight)));
}

void add_jetstream(std::vector<Contestant>& all, const Options& options,
                   const test::TempDir& scratch, std::uint64_t in_flight, Report& report) {
    if (!NatsServer::is_installed()) {
        report.remark("nats-server is not installed: no comparison with JetStream");
        return;
    }
    const auto dir = scratch.make("nats");
    if (!NatsServer::can_sync(dir)) {
        report.remark(
            "this nats-server has no `sync_interval: always`: JetStream acknowledges "
            "before the message is on stable storage");
    }
    all.push_back(warm("JetStream", std::make_shared<JetStream>(options, dir, in_flight)));
}

void publish(const Options& options, const test::TempDir& scratch, Report& report,
             std::uint64_t in_flight, const char* wanted) {
    std::vector<Contestant> all{
        warm("Belfry", std::make_shared<Belfry>(options, scratch, in_flight))};
    add_redis(all, options, scratch, in_flight, report);
    add_jetstream(all, options, scratch, in_flight, report);
    const auto series = measure_in_turn(options.rounds, all);
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "Redis", wanted);
    add_ratio(ratios, series, "JetStream", "");
    report.add({"publish",
                "publish, " + with_commas(in_flight) + " in flight",
                Unit::per_second,
                series,
                ratios,
                "",
                {{"in flight", static_cast<double>(in_flight)}}});
}

}  // namespace

void publish_window(const Options& options, const test::TempDir& scratch, Report& report) {
    publish(options, scratch, report, 1'000, wanted::publish_window);
}

void publish_single(const Options& options, const test::TempDir& scratch, Report& report) {
    publish(options, scratch, report, 1, wanted::publish_single);
}

}  // namespace belfry::bench
