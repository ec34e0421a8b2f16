#include "bench/cluster/benchmarks.hpp"
#include "bench/cluster/nodes.hpp"
#include "bench/cluster/wanted.hpp"
#include "bench/support/belfry_peer.hpp"
#include "bench/support/in_turn.hpp"
#include "bench/support/series.hpp"
#include "bench/support/stage.hpp"

#include <memory>

namespace belfry::bench {
namespace {

constexpr std::size_t clients_of_a_node = 100;

/// All nodes of a cluster. Its clients connect to one node after the other.
class ClusterPeer : public BelfryProtocol {
  public:
    ClusterPeer(const test::TempDir& scratch, std::size_t subscribers)
        : nodes_{scratch, all_ids(subscribers), subscribers + 1} {}

    [[nodiscard]] std::uint16_t port() const override {
        return nodes_.node(connected_++ % Nodes::count).port();
    }
    /// The processor time that is measured is that of one node alone. It is not reported.
    [[nodiscard]] pid_t leader() const override { return nodes_.node(0).leader(); }

  private:
    mutable Nodes nodes_;
    mutable std::size_t connected_ = 0;
};

}  // namespace

/// All nodes share this machine, so the deliveries of all of them together are compared with those
/// of a single server that has the machine to itself.
void fan_out_at_each_node(const ClusterOptions& options, const test::TempDir& scratch,
                          Report& report) {
    constexpr std::size_t all_clients = Nodes::count * clients_of_a_node;
    Stage cluster{std::make_unique<ClusterPeer>(scratch, all_clients), all_clients, {}};
    Stage single{std::make_unique<BelfryPeer>(scratch.make("single"), clients_of_a_node,
                                              Transport{}, "commit"),
                 clients_of_a_node,
                 {}};
    const std::string payload(64, 'x');
    const auto run = [&](Stage& stage, std::size_t clients) {
        return stage.publish_all(options.deliveries / clients, payload).deliveries_a_second;
    };
    const std::vector<Contestant> all{
        {"Belfry", [&] { return run(cluster, all_clients); }},
        {"a single server", [&] { return run(single, clients_of_a_node); }}};
    static_cast<void>(measure_in_turn(1, all));  // does not count
    const auto series = measure_in_turn(options.rounds, all);
    std::vector<Ratio> ratios;
    add_ratio(ratios, series, "a single server", wanted::cluster_fanout);
    report.add({"fanout", "deliveries a second, to 100 clients of each node", Unit::per_second,
                series, ratios});
}

}  // namespace belfry::bench
