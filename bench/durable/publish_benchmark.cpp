#include "bench/durable/benchmarks.hpp"
#include "bench/durable/wanted.hpp"
#include "bench/support/belfry_server.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/redis_server.hpp"
#include "bench/support/table.hpp"

#include <algorithm>
#include <cmath>

namespace belfry::bench {
namespace {

/// Belfry's rate at each call.
class Belfry {
  public:
    Belfry(const Options& options, const ScratchDir& scratch, std::uint64_t in_flight)
        : duration_{options.duration},
          server_{{scratch.make("belfry"), options.durability, {"sender"}}},
          publisher_{server_.port(), "sender", in_flight} {}

    double operator()() { return publisher_.rate_over(duration_); }

  private:
    Seconds duration_;
    BelfryServer server_;
    Publisher publisher_;
};

/// Redis's rate at each call. A call takes about as long as one of Belfry's, as far as the rate of
/// the call before tells.
class Redis {
  public:
    Redis(const Options& options, const ScratchDir& scratch, std::uint64_t in_flight)
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

Pairs measure(const Options& options, const ScratchDir& scratch, std::uint64_t in_flight) {
    Belfry belfry{options, scratch, in_flight};
    static_cast<void>(belfry());  // warms up, as the first run of Redis does
    if (RedisServer::is_installed() && RedisServer::has_benchmark()) {
        Redis redis{options, scratch, in_flight};
        return measure_in_turn(
            options.rounds, [&] { return belfry(); }, [&] { return redis(); });
    }
    print_remark("redis-server or redis-benchmark is not installed: nothing to compare with");
    Pairs alone;
    while (alone.first.size() < options.rounds) alone.first.push_back(belfry());
    return alone;
}

void publish(const Options& options, const ScratchDir& scratch, std::uint64_t in_flight,
             std::string_view wanted) {
    const Pairs figures = measure(options, scratch, in_flight);
    print({"publish, " + with_commas(in_flight) + " in flight", figures, Unit::per_second, "Redis",
           wanted});
}

}  // namespace

void publish_window(const Options& options, const ScratchDir& scratch) {
    publish(options, scratch, 1'000, wanted::publish_window);
}

void publish_single(const Options& options, const ScratchDir& scratch) {
    publish(options, scratch, 1, wanted::publish_single);
}

}  // namespace belfry::bench
