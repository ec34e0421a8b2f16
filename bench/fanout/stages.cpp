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

/// Sets up stages with the same number of subscribers.
class Stages {
  public:
    Stages(const FanoutOptions& options, const test::TempDir& scratch, std::size_t subscribers)
        : options_{options}, scratch_{scratch}, subscribers_{subscribers} {}

    void add(std::unique_ptr<Peer> peer) {
        FlowControl flow = options_.flow;
        flow.lead_bytes = std::min<std::uint64_t>(flow.lead_bytes, max_buffered / subscribers_);
        stages_.emplace_back(std::move(peer), subscribers_, flow);
    }

    void add_belfry(const Tls* tls) {
        add(std::make_unique<BelfryPeer>(folder("belfry", tls), subscribers_, tls));
    }

    void add_redis(const Tls* tls) {
        if (!options_.has("redis") || !RedisServer::is_installed()) return;
        add(std::make_unique<RedisPeer>(folder("redis", tls), subscribers_, tls));
    }

    void add_nats(const Tls* tls) {
        if (!options_.has("nats") || !NatsServer::is_installed()) return;
        add(std::make_unique<NatsPeer>(folder("nats", tls), tls));
    }

    [[nodiscard]] std::vector<Stage> take() { return std::move(stages_); }

  private:
    [[nodiscard]] std::filesystem::path folder(const std::string& name, const Tls* tls) const {
        return scratch_.make(tls == nullptr ? name : name + "-tls");
    }

    const FanoutOptions& options_;
    const test::TempDir& scratch_;
    std::size_t subscribers_;
    std::vector<Stage> stages_;
};

}  // namespace

std::vector<Stage> set_up(const FanoutOptions& options, const test::TempDir& scratch,
                          std::size_t subscribers) {
    Stages stages{options, scratch, subscribers};
    stages.add_belfry(nullptr);
    stages.add_redis(nullptr);
    stages.add_nats(nullptr);
    if (options.has("raw")) stages.add(std::make_unique<RawPeer>(RawPeer::Kind::raw));
    if (options.has("relay")) stages.add(std::make_unique<RawPeer>(RawPeer::Kind::relay));
    return stages.take();
}

std::vector<Stage> set_up_tls(const FanoutOptions& options, const test::TempDir& scratch,
                              std::size_t subscribers, const Tls& tls) {
    Stages stages{options, scratch, subscribers};
    stages.add_belfry(&tls);
    stages.add_redis(&tls);
    stages.add_nats(&tls);
    stages.add_belfry(nullptr);
    stages.add_redis(nullptr);
    return stages.take();
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
