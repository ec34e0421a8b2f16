#include "bench/fanout/stages.hpp"

#include "bench/fanout/mosquitto_peer.hpp"
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

    void add_belfry(const Transport& transport) {
        add(std::make_unique<BelfryPeer>(folder("belfry", transport), subscribers_, transport));
    }

    void add_redis(const Transport& transport) {
        if (!options_.has("redis") || !RedisServer::is_installed()) return;
        add(std::make_unique<RedisPeer>(folder("redis", transport), subscribers_, transport));
    }

    void add_nats(const Transport& transport) {
        if (!options_.has("nats") || !NatsServer::is_installed()) return;
        add(std::make_unique<NatsPeer>(folder("nats", transport), transport));
    }

    void add_mosquitto() {
        if (!options_.has("mosquitto") || !MosquittoServer::is_installed()) return;
        add(std::make_unique<MosquittoPeer>(scratch_.make("mosquitto")));
    }

    [[nodiscard]] std::vector<Stage> take() { return std::move(stages_); }

  private:
    [[nodiscard]] std::filesystem::path folder(std::string name, const Transport& transport) const {
        return scratch_.make(name.append(transport.suffix()));
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
    stages.add_belfry({});
    stages.add_redis({});
    stages.add_nats({});
    if (options.has("raw")) stages.add(std::make_unique<RawPeer>(RawPeer::Kind::raw));
    if (options.has("relay")) stages.add(std::make_unique<RawPeer>(RawPeer::Kind::relay));
    return stages.take();
}

std::vector<Stage> set_up_tls(const FanoutOptions& options, const test::TempDir& scratch,
                              std::size_t subscribers, const Tls& tls) {
    Stages stages{options, scratch, subscribers};
    stages.add_belfry({.tls = &tls});
    stages.add_redis({.tls = &tls});
    stages.add_nats({.tls = &tls});
    stages.add_belfry({});
    stages.add_redis({});
    return stages.take();
}

std::vector<Stage> set_up_web(const FanoutOptions& options, const test::TempDir& scratch,
                              std::size_t subscribers) {
    Stages stages{options, scratch, subscribers};
    stages.add_belfry({.is_web_socket = true});
    stages.add_nats({.is_web_socket = true});
    stages.add_mosquitto();
    stages.add_belfry({});
    return stages.take();
}

void remark_missing_servers(const FanoutOptions& options, Report& report) {
    if (options.has("redis") && !RedisServer::is_installed()) {
        report.remark("redis-server is not installed: no comparison with Redis");
    }
    if (options.has("nats") && !NatsServer::is_installed()) {
        report.remark("nats-server is not installed: no comparison with NATS");
    }
    if (options.has("mosquitto") && !MosquittoServer::is_installed()) {
        report.remark("mosquitto is not installed: no comparison with Mosquitto");
    }
}

}  // namespace belfry::bench
