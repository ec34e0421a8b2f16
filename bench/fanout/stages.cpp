#include "bench/fanout/stages.hpp"

#include "bench/fanout/nats_peer.hpp"
#include "bench/fanout/raw_peer.hpp"
#include "bench/fanout/redis_peer.hpp"
#include "bench/support/belfry_peer.hpp"

#include <algorithm>

namespace belfry::bench {
namespace {

/// The limit for the total memory of a server that buffers for each subscriber.
constexpr std::uint64_t max_buffered = 1U << 30;

}  // namespace

std::vector<Stage> set_up(const FanoutOptions& options, const test::TempDir& scratch,
                          std::size_t subscribers) {
    FlowControl flow = options.flow;
    flow.lead_bytes = std::min<std::uint64_t>(flow.lead_bytes, max_buffered / subscribers);
    std::vector<Stage> stages;
    const auto add = [&](std::unique_ptr<Peer> peer) {
        stages.emplace_back(std::move(peer), subscribers, flow);
    };
    add(std::make_unique<BelfryPeer>(scratch.make("belfry"), subscribers));
    if (options.has("redis") && RedisServer::is_installed()) {
        add(std::make_unique<RedisPeer>(scratch.make("redis"), subscribers));
    }
    if (options.has("nats") && NatsServer::is_installed()) {
        add(std::make_unique<NatsPeer>(scratch.make("nats")));
    }
    if (options.has("raw")) add(std::make_unique<RawPeer>(RawPeer::Kind::raw));
    if (options.has("relay")) add(std::make_unique<RawPeer>(RawPeer::Kind::relay));
    return stages;
}

void remark_missing_servers(const FanoutOptions& options, Report& report) {
    if (options.has("redis") && !RedisServer::is_installed()) {
        report.remark("redis-server is not installed: no comparison with Redis");
    }
    if (options.has("nats") && !NatsServer::is_installed()) {
        report.remark("nats-server is not installed: no comparison with NATS");
    }
}

}  // namespace belfry::bench
