#include "bench/cluster/bare_etcd.hpp"
#include "bench/cluster/benchmarks.hpp"
#include "bench/cluster/nodes.hpp"
#include "bench/cluster/wanted.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/jetstream_publisher.hpp"
#include "bench/support/nats_server.hpp"
#include "bench/support/publisher.hpp"
#include "bench/support/series.hpp"
#include "wire/entry.hpp"

#include <optional>

namespace belfry::bench {
namespace {

constexpr std::string_view sender = "sender";
constexpr std::uint64_t window = 1'000;
constexpr std::size_t large_value = 64 << 10;

/// The bytes that one message takes in etcd.
constexpr std::size_t entry_size = wire::entry_head + sender.size() + payload_size;

Series scaled(const Series& series, double factor) {
    Series result = series;
    for (double& value : result.values) value *= factor;
    return result;
}

/// JetStream as the comparison of messages a second, if it is installed.
class JetStream {
  public:
    JetStream(const test::TempDir& scratch, Report& report) {
        if (!NatsServer::is_installed()) {
            report.remark("nats-server is not installed: no comparison with JetStream");
            return;
        }
        server_.emplace(NatsServer::Use::synced_streams, scratch.make("nats"));
        publisher_.emplace(server_->port(), window);
    }
    void add_to(std::vector<Contestant>& all, Seconds duration) {
        if (publisher_)
            all.push_back({"JetStream", [=, this] { return publisher_->rate_over(duration); }});
    }

  private:
    std::optional<NatsServer> server_;
    std::optional<JetStreamPublisher> publisher_;
};

}  // namespace

void publish_to_cluster(const ClusterOptions& options, const test::TempDir& scratch,
                        Report& report) {
    Nodes nodes{scratch, {std::string{sender}}};
    Publisher publisher{nodes.node(0).port(), sender, window};
    KeyWriter writer{nodes.etcd().urls(), large_value};
    JetStream jetstream{scratch, report};
    std::vector<Contestant> all{
        {"Belfry", [&] { return publisher.rate_over(options.duration); }},
        {"etcd, 64 KiB", [&] { return writer.rate_over(options.duration); }}};
    jetstream.add_to(all, options.duration);
    static_cast<void>(measure_in_turn(1, all));  // does not count
    const auto series = measure_in_turn(options.rounds, all);

    std::vector<Ratio> to_jetstream;
    add_ratio(to_jetstream, series, "JetStream", wanted::cluster_messages);
    std::vector<Series> messages{series[0]};
    if (series.size() > 2) messages.push_back(series[2]);
    report.add({"publish", "publish, 1,000 in flight", Unit::per_second, messages, to_jetstream});

    const auto in_kib = [](double bytes) { return bytes / 1024; };
    for (const auto& [what, bytes] : {std::pair{"what etcd stores for them", entry_size},
                                      std::pair{"their payloads", payload_size}}) {
        const std::vector<Series> rates{scaled(series[0], in_kib(static_cast<double>(bytes))),
                                        scaled(series[1], in_kib(large_value))};
        std::vector<Ratio> to_etcd;
        add_ratio(to_etcd, rates, "etcd, 64 KiB", wanted::cluster_bytes);
        report.add({"publish-bytes", std::string{"the same, KiB a second: "} + what,
                    Unit::per_second, rates, to_etcd});
    }
}

void publish_one_by_one(const ClusterOptions& options, const test::TempDir& scratch,
                        Report& report) {
    Nodes nodes{scratch, {std::string{sender}}};
    Publisher publisher{nodes.node(0).port(), sender, 1};
    KeyWriter writer{nodes.etcd().urls(), entry_size};
    const std::vector<Contestant> all{
        {"Belfry", [&] { return publisher.rate_over(options.duration); }},
        {"etcd", [&] { return writer.rate_over(options.duration); }}};
    static_cast<void>(measure_in_turn(1, all));  // does not count
    const auto series = measure_in_turn(options.rounds, all);
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "etcd", wanted::cluster_single);
    report.add({"single", "publish, 1 in flight", Unit::per_second, series, ratios});
}

}  // namespace belfry::bench
